export { CONFIG_KEYS, ConfigError, type Config, loadConfigOfProcess } from './config.ts';
export { type RunningServer, serve } from './main.ts';
