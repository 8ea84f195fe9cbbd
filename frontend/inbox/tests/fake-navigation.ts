/** Where the code under test wanted to go. */
export const visited: string[] = [];
export function goto(address: string): Promise<void> {
  visited.push(address);
  return Promise.resolve();
}
