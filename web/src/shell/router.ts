/** Every page of the app. A page's address is the API's without `/api`; the server sends the same shell for each of them. */
import { createRouter, createWebHistory, type Router } from 'vue-router';
import { announce } from '../shared/announce';
import { focusHeading } from '../shared/page';
import { pages } from './pages';

export function makeRouter(): Router {
  const router = createRouter({
    history: createWebHistory('/'),
    routes: [...pages, { path: '/:rest(.*)*', component: () => import('./not-found.vue') }],
    scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
  });
  router.afterEach((to, from) => {
    if (from.matched.length && to.path !== from.path) void focusHeading().then(() => announce(document.title));
  });
  return router;
}
