import { NativeSelect } from '@mantine/core';
import { changeHere } from '../address.js';
import { AgentPicker } from '../elements/agent-picker.js';
import { RangePicker } from '../elements/range-picker.js';
import { BUCKETS, useQuestion } from './use-report.js';

export function Filters() {
  const { bucket, by, show } = useQuestion();
  return (
    <div className="filters">
      <RangePicker />
      <NativeSelect
        label="Bars of"
        size="sm"
        data={BUCKETS.map((value) => ({ value, label: `one ${value}` }))}
        value={bucket}
        onChange={({ currentTarget }) => changeHere({ bucket: currentTarget.value })}
      />
      <NativeSelect
        label="Show"
        size="sm"
        data={[
          { value: 'credits', label: 'Credits' },
          { value: 'tokens', label: 'Tokens' },
        ]}
        value={show}
        onChange={({ currentTarget }) => changeHere({ show: currentTarget.value })}
      />
      <NativeSelect
        label="By"
        size="sm"
        data={[
          { value: 'agent', label: 'Agent' },
          { value: 'message_type', label: 'Message type' },
        ]}
        value={by}
        onChange={({ currentTarget }) => changeHere({ by: currentTarget.value })}
      />
      <AgentPicker />
    </div>
  );
}
