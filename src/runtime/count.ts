/** A number with its noun: `1 login`, `2 logins`, `2 lines a second`. @param rest what follows the noun */
export function count(amount: number, noun: string, rest = ''): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}${rest && ` ${rest}`}`;
}
