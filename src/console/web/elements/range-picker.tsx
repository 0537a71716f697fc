import { NativeSelect, TextInput } from '@mantine/core';
import { changeHere, useAddress } from '../address.js';
import { useZone } from '../session/session.js';
import { addDays, isPreset, PRESETS, readRange } from '../time/range.js';

/** The range of a report, in the address. */
export function RangePicker() {
  const zone = useZone();
  const { params } = useAddress();
  const range = readRange(params, zone);
  const lastDay = addDays(range.to, -1);
  const custom = (from: string, last: string) => {
    if (from && last) changeHere({ range: 'custom', from, to: addDays(last < from ? from : last, 1) });
  };
  return (
    <>
      <NativeSelect
        label="Range"
        size="sm"
        data={Object.entries(PRESETS).map(([value, label]) => ({ value, label }))}
        value={range.preset}
        onChange={({ currentTarget: { value } }) => {
          if (value === 'custom') custom(range.from, lastDay);
          else if (isPreset(value)) changeHere({ range: value, from: null, to: null });
        }}
      />
      <TextInput
        label="From"
        type="date"
        size="sm"
        value={range.from}
        max={lastDay}
        onChange={({ currentTarget }) => custom(currentTarget.value, lastDay)}
      />
      <TextInput
        label="To"
        type="date"
        size="sm"
        value={lastDay}
        min={range.from}
        onChange={({ currentTarget }) => custom(range.from, currentTarget.value)}
      />
    </>
  );
}
