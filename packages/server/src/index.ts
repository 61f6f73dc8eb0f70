export { CONFIG_KEYS, type Config, ConfigError, loadConfigOfProcess } from './config.ts';
export { engineFault, isDataDirInUse, type WantedPort, wantedPorts } from './installation.ts';
export { type RunningServer, serve } from './main.ts';
