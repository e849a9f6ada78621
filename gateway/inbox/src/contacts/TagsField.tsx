import { TagsInput, type TagsInputProps } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { tagsQuery } from './api';

/** More are found by typing. */
const OFFERED = 30;

/** Offers the tags that are in use, the usual ones first; others can be typed. Once one is chosen, nothing covers what comes next. */
export function TagsField({ onChange, ...props }: Omit<TagsInputProps, 'data'>) {
  const { data = [] } = useQuery(tagsQuery);
  const [opened, setOpened] = useState(false);
  return (
    <TagsInput
      {...props}
      data={data.map(({ tag }) => tag)}
      limit={OFFERED}
      dropdownOpened={opened}
      onDropdownOpen={() => setOpened(true)}
      onDropdownClose={() => setOpened(false)}
      onChange={(tags) => {
        setOpened(false);
        onChange?.(tags);
      }}
    />
  );
}
