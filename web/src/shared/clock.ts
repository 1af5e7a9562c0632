/** The present, for everything on the page that says how long ago something was: one tick for all, every half minute. */
import { ref } from 'vue';

export const now = ref(Date.now());
setInterval(() => (now.value = Date.now()), 30_000);
