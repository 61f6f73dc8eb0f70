#!/usr/bin/env node
// npm links a command only to a file that is there when it installs: the build comes later.
import '../dist/main.js';
