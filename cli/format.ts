export const hex = (value: number): string => `0x${value.toString(16)}`;
/** Virtual time. */
export const milliseconds = (time: number): string => (time / 1e6).toFixed(3);
