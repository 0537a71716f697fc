export interface Proxy {
  url: string;
  cut(): void;
  reset(): void;
  cutBeforeAnswer(words: string): void;
  freezeBehind(words: string): void;
  swallow(on: boolean): void;
  close(): Promise<void>;
}
export function startProxy(target: string): Promise<Proxy>;
