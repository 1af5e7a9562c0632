/** Every migration, oldest first. */
import { House1763856000000 } from './1763856000000-house';

export const migrations = [House1763856000000];
