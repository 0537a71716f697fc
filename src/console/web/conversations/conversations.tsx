import { NativeSelect, Stack, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useEffect, useState } from 'react';
import { changeHere, useAddress } from '../address.js';
import { AgentPicker } from '../elements/agent-picker.js';
import { PageTitle } from '../elements/page-title.js';
import { EndlessList } from './endless-list.js';

const SORTS = [
  { value: '', label: 'Newest first' },
  { value: 'oldest', label: 'Oldest first' },
  { value: 'dearest', label: 'Dearest first' },
];

/** Who said what: search and filters, all in the address, and an endless list. */
export default function Conversations() {
  const { params } = useAddress();
  return (
    <Stack gap="md">
      <PageTitle title="Conversations" about="Every word must occur; put a phrase in quotes." />
      <div className="filters">
        <Search />
        <DateFilter name="from" label="Last message from" />
        <DateFilter name="to" label="and before" />
        <NativeSelect
          label="Sort"
          size="sm"
          data={SORTS}
          value={params.get('sort') ?? ''}
          onChange={({ currentTarget }) => changeHere({ sort: currentTarget.value })}
        />
        <AgentPicker />
      </div>
      <EndlessList />
    </Stack>
  );
}

/** Searches as one types, after a breath. */
function Search() {
  const asked = useAddress().params.get('q') ?? '';
  const [text, setText] = useState(asked);
  const search = useDebouncedCallback((q: string) => changeHere({ q }), 250);
  useEffect(() => setText(asked), [asked]);
  return (
    <TextInput
      label="Search"
      type="search"
      size="sm"
      className="search"
      placeholder="What was said"
      value={text}
      onChange={({ currentTarget: { value } }) => {
        setText(value);
        search(value.trim());
      }}
    />
  );
}

/** A bar of a chart leads here with an instant; its date is shown, and the instant kept until somebody changes it. */
function DateFilter({ name, label }: { name: 'from' | 'to'; label: string }) {
  const value = useAddress().params.get(name) ?? '';
  return (
    <TextInput
      label={label}
      type="date"
      size="sm"
      value={value.slice(0, 10)}
      description={value.length > 10 ? `at ${value.slice(11, 16)}` : undefined}
      inputWrapperOrder={['label', 'input', 'description']}
      onChange={({ currentTarget }) => changeHere({ [name]: currentTarget.value })}
    />
  );
}
