/**
 * `virtual:diagrams`: each machine of machines/ laid out at build time, so that no state machine and no layout is in the
 * bundle. Nodes and edges carry names only; the page has their words. Called by vite.config.mts.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import dagre from '@dagrejs/dagre';
import { tsImport } from 'tsx/esm/api';
import type { Plugin } from 'vite';
import type { AnyStateMachine } from 'xstate';

export interface Diagram {
  width: number;
  height: number;
  nodes: { state: string; x: number; y: number; width: number; height: number }[];
  /** Verbs that lead from one state to another, together; those that lead nowhere have no line. */
  edges: { from: string; to: string; verbs: string[]; byClock: boolean; points: [number, number][]; x: number; y: number }[];
  initial: string;
}

/** Wide enough for the longest word of a state in most languages. */
const NODE = { width: 168, height: 40 };
const LINE = 20;

export function diagrams(machines: string): Plugin {
  const names = (): string[] => readdirSync(machines).filter((file) => file.endsWith('.ts')).map((file) => file.replace('.ts', ''));
  return {
    name: 'diagrams',
    resolveId: (id) => (id.startsWith('virtual:diagrams') ? `\0${id}` : undefined),
    async load(id) {
      if (!id.startsWith('\0virtual:diagrams')) return undefined;
      const found = await Promise.all(names().map(async (name) => [name, machineOf(await tsImport(join(machines, `${name}.ts`), import.meta.url) as object)] as const));
      if (id === '\0virtual:diagrams') return `export default { ${found.filter(([, machine]) => machine).map(([, machine]) => `${JSON.stringify(machine!.id)}: () => import('virtual:diagrams/${machine!.id}')`).join(', ')} };`;
      for (const name of names()) this.addWatchFile(join(machines, `${name}.ts`));
      const wanted = found.find(([, machine]) => machine?.id === id.slice('\0virtual:diagrams/'.length))![1]!;
      return `export default ${JSON.stringify(layout(wanted))};`;
    },
  };
}

const machineOf = (exports: object): AnyStateMachine | undefined => Object.values({ ...exports, ...(exports as { default?: object }).default }).find((one): one is AnyStateMachine => typeof one === 'object' && one !== null && 'transition' in one && 'states' in one && 'id' in one);

interface Node { key: string; transitions: Map<string, { eventType: string; target?: { key: string }[] }[]> }

export function layout(machine: AnyStateMachine): Diagram {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: 'LR', nodesep: 24, ranksep: 36, edgesep: 12, marginx: 8, marginy: 8 });
  graph.setDefaultEdgeLabel(() => ({}));
  const states = Object.values(machine.states) as unknown as Node[];
  const edges = new Map<string, { from: string; to: string; verbs: string[]; byClock: boolean }>();
  for (const { key, transitions } of states) {
    graph.setNode(key, { ...NODE });
    for (const { eventType, target } of [...transitions.values()].flat()) {
      const to = target?.[0]?.key ?? key;
      const byClock = eventType.startsWith('xstate.after.');
      const name = `${key} ${to} ${byClock}`;
      const edge = edges.get(name) ?? { from: key, to, verbs: [], byClock };
      const verb = byClock ? 'byTime' : eventType;
      if (!edge.verbs.includes(verb)) edge.verbs.push(verb);
      edges.set(name, edge);
    }
  }
  for (const [name, { from, to, verbs }] of edges) if (from !== to) graph.setEdge(from, to, { width: 104, height: LINE * verbs.length, labelpos: 'c' }, name);
  dagre.layout(graph);
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  return {
    width: Math.ceil(width), height: Math.ceil(height), initial: String((machine.config as { initial?: string }).initial),
    nodes: states.map(({ key }) => {
      const { x, y } = graph.node(key) as { x: number; y: number };
      return { state: key, x: Math.round(x), y: Math.round(y), ...NODE };
    }),
    edges: [...edges].map(([name, edge]) => {
      const laid = edge.from === edge.to ? undefined : (graph.edge({ v: edge.from, w: edge.to, name }) as unknown as { points: { x: number; y: number }[]; x: number; y: number });
      return { ...edge, points: (laid?.points ?? []).map(({ x, y }): [number, number] => [Math.round(x), Math.round(y)]), x: Math.round(laid?.x ?? 0), y: Math.round(laid?.y ?? 0) };
    }),
  };
}
