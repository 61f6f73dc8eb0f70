import 'reflect-metadata';
import type { AddressInfo, Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { serve } from '@hono/node-server';
import Router from '@koa/router';
import { Body, Controller, Get, type LoggerService, Module, Param, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Tailwater } from '@tailwater/sdk';
import { tailwaterExpress } from '@tailwater/sdk/express';
import { tailwaterFastify } from '@tailwater/sdk/fastify';
import { tailwaterHono } from '@tailwater/sdk/hono';
import { tailwaterKoa } from '@tailwater/sdk/koa';
import { TailwaterLoggerService, tailwaterNest } from '@tailwater/sdk/nestjs';
import express, { type Request } from 'express';
import { type FastifyRequest, fastify } from 'fastify';
import { type Context, Hono } from 'hono';
import Koa from 'koa';

/** The same small shop in every framework that the SDK has an adapter for. */
export interface ShopParts {
  tailwater: Tailwater;
  /** What `GET /slow` waits for. */
  released: Promise<void>;
}

export interface Shop {
  url: string;
  close(): Promise<unknown>;
}

/** Emits inside of the request, on both sides of something asynchronous. */
async function findOrder(tailwater: Tailwater, id: string): Promise<{ id: string }> {
  tailwater.emit({ eventType: 'before', message: id });
  await delay(Math.random() * 10);
  tailwater.logger('orders').info(id);
  return { id };
}

const explode = (): never => {
  throw new Error('boom');
};

const started = (server: Server, close: () => Promise<unknown>): Shop => ({
  url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  close,
});
const closing = (server: Server) => () => new Promise((resolve) => server.close(resolve));
const listening = (server: Server) => new Promise<void>((resolve) => server.once('listening', resolve));

async function expressShop({ tailwater, released }: ShopParts): Promise<Shop> {
  const app = express();
  const logging = tailwaterExpress(tailwater, {
    user: (request: Request) => request.get('x-user'),
    query: ['page'],
    ignore: (request) => request.path === '/healthz',
    metadata: () => ({ region: 'eu' }),
  });
  app.use(logging);
  app.use(express.json());
  const orders = express.Router({ mergeParams: true });
  orders.get('/:id', async (request, response) => {
    response.json(await findOrder(tailwater, String(request.params.id)));
  });
  orders.post('/:id', async (request, response) => {
    response.json(await findOrder(tailwater, String(request.body.id)));
  });
  app.use('/orders', orders);
  app.get('/throws', explode);
  app.get('/healthz', (_request, response) => void response.send('ok'));
  app.get('/slow', async (_request, response) => {
    tailwater.emit({ message: 'waiting' });
    await released;
    response.send('late');
  });
  app.use(logging.errors);
  // As in an app of its own; the default handler prints what was thrown.
  app.set('env', 'test');
  const server = app.listen(0, '127.0.0.1');
  await listening(server);
  return started(server, closing(server));
}

async function fastifyShop({ tailwater, released }: ShopParts): Promise<Shop> {
  const app = fastify();
  await app.register(tailwaterFastify, {
    tailwater,
    user: (request: FastifyRequest) => request.headers['x-user'] as string | undefined,
    query: ['page'],
    ignore: (request: FastifyRequest) => request.url === '/healthz',
    metadata: () => ({ region: 'eu' }),
  });
  app.get<{ Params: { id: string } }>('/orders/:id', ({ params }) => findOrder(tailwater, params.id));
  app.post<{ Body: { id: string } }>('/orders/:id', ({ body }) => findOrder(tailwater, body.id));
  app.get('/throws', explode);
  app.get('/healthz', () => 'ok');
  app.get('/slow', async () => {
    tailwater.emit({ message: 'waiting' });
    await released;
    return 'late';
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  return started(app.server, () => app.close());
}

async function koaShop({ tailwater, released }: ShopParts): Promise<Shop> {
  const app = new Koa();
  app.silent = true;
  app.use(
    tailwaterKoa(tailwater, {
      user: (context: Koa.Context) => context.get('x-user') || undefined,
      query: ['page'],
      ignore: (context) => context.path === '/healthz',
      metadata: () => ({ region: 'eu' }),
    }),
  );
  const router = new Router();
  router.get('/orders/:id', async (context) => {
    context.body = await findOrder(tailwater, context.params.id!);
  });
  router.post('/orders/:id', async (context) => {
    let text = '';
    for await (const chunk of context.req) text += chunk;
    context.body = await findOrder(tailwater, JSON.parse(text).id);
  });
  router.get('/throws', explode);
  router.get('/healthz', (context) => {
    context.body = 'ok';
  });
  router.get('/slow', async (context) => {
    tailwater.emit({ message: 'waiting' });
    await released;
    context.body = 'late';
  });
  app.use(router.routes());
  const server = app.listen(0, '127.0.0.1');
  await listening(server);
  return started(server, closing(server));
}

async function honoShop({ tailwater, released }: ShopParts): Promise<Shop> {
  const app = new Hono();
  app.use(
    tailwaterHono(tailwater, {
      user: (context: Context) => context.req.header('x-user'),
      query: ['page'],
      ignore: (context) => context.req.path === '/healthz',
      metadata: () => ({ region: 'eu' }),
    }),
  );
  app.get('/orders/:id', async (context) => context.json(await findOrder(tailwater, context.req.param('id'))));
  app.post('/orders/:id', async (context) => {
    const { id } = await context.req.json<{ id: string }>();
    return context.json(await findOrder(tailwater, id));
  });
  app.get('/throws', explode);
  app.get('/healthz', (context) => context.text('ok'));
  app.get('/slow', async (context) => {
    tailwater.emit({ message: 'waiting' });
    await released;
    return context.text('late');
  });
  app.onError((_error, context) => context.text('failed', 500));
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server;
  await listening(server);
  return started(server, closing(server));
}

async function nestShop({ tailwater, released }: ShopParts): Promise<Shop> {
  class Orders {
    find(id: string) {
      return findOrder(tailwater, id);
    }
    add(body: { id: string }) {
      return findOrder(tailwater, body.id);
    }
    throws() {
      return explode();
    }
    healthz() {
      return 'ok';
    }
    async slow() {
      tailwater.emit({ message: 'waiting' });
      await released;
      return 'late';
    }
  }
  // Decorators called as functions: their syntax cannot be run without being compiled.
  const on = (name: keyof Orders, decorator: MethodDecorator) =>
    decorator(Orders.prototype, name, Object.getOwnPropertyDescriptor(Orders.prototype, name)!);
  Controller()(Orders);
  on('find', Get('orders/:id'));
  Param('id')(Orders.prototype, 'find', 0);
  on('add', Post('orders/:id') as MethodDecorator);
  Body()(Orders.prototype, 'add', 0);
  on('throws', Get('throws'));
  on('healthz', Get('healthz'));
  on('slow', Get('slow'));
  class Shopping {}
  Module({ controllers: [Orders] })(Shopping);
  const logging = tailwaterNest(tailwater, {
    user: (request: Request) => request.get('x-user'),
    query: ['page'],
    ignore: (request) => request.path === '/healthz',
    metadata: () => ({ region: 'eu' }),
  });
  const logger: LoggerService = new TailwaterLoggerService(tailwater, { logType: 'nest' });
  const app = await NestFactory.create(Shopping, { logger });
  app.use(logging.middleware);
  app.useGlobalInterceptors(logging.interceptor);
  await app.listen(0, '127.0.0.1');
  return started(app.getHttpServer() as Server, () => app.close());
}

export const SHOPS: Readonly<Record<string, (parts: ShopParts) => Promise<Shop>>> = {
  express: expressShop,
  fastify: fastifyShop,
  koa: koaShop,
  hono: honoShop,
  nestjs: nestShop,
};
