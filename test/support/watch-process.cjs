// Loaded before a server by `NODE_OPTIONS=--require`: tells on standard error each connection that its main thread opens, and at
// the end which packages that has loaded.
const { registerHooks } = require('node:module');
const { Socket } = require('node:net');
const { isMainThread } = require('node:worker_threads');

if (isMainThread) {
  const { connect } = Socket.prototype;
  Socket.prototype.connect = function watched(...args) {
    process.stderr.write('watch: connects\n');
    return connect.apply(this, args);
  };
  const names = new Set();
  registerHooks({
    load(url, context, nextLoad) {
      const name = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
      if (name !== undefined) names.add(name);
      return nextLoad(url, context);
    },
  });
  process.on('exit', () => process.stderr.write(`watch: loaded ${[...names].sort().join(' ')}\n`));
}
