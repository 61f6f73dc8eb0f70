export { CONFIG_KEYS, type Config, ConfigError, loadConfigOfProcess } from './config.ts';
export { type RunningServer, serve } from './main.ts';
