import { TagsInput, type TagsInputProps } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { tagsQuery } from './api';

/** Offers the tags that are in use, the usual ones first; others can be typed. */
export function TagsField(props: Omit<TagsInputProps, 'data'>) {
  const { data = [] } = useQuery(tagsQuery);
  return <TagsInput {...props} data={data.map(({ tag }) => tag)} limit={OFFERED} />;
}

/** More are found by typing. */
const OFFERED = 30;
