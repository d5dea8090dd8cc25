/** Told now and then how far long work has come: so many of so many. */
export type Progress = (done: number, total: number) => void;
