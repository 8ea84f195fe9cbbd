export const page = {
  url: new URL('http://localhost/inbox/mine'),
  params: {} as Record<string, string>,
  status: 200,
};
export const updated = { current: false };
