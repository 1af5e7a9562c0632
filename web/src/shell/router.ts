/** Every page of the app. A page's address is the API's without `/api`; the server sends the same shell for each of them. */
import { createRouter, createWebHistory, type RouteLocationNormalized, type Router } from 'vue-router';
import { announce } from '../shared/announce';
import { focusArrival, rowOf } from '../shared/page';
import { pages } from './pages';

export function makeRouter(): Router {
  const router = createRouter({
    history: createWebHistory('/'),
    routes: [...pages, { path: '/:rest(.*)*', component: () => import('./not-found.vue') }],
    scrollBehavior: (to, from, saved) => saved ?? (sameForm(to, from) || rowOf(to, from) ? false : { top: 0 }),
  });
  router.afterEach((to, from, failure) => {
    if (!failure && from.matched.length && to.path !== from.path && !sameForm(to, from)) void focusArrival(rowOf(to, from)).then((there) => there && announce(document.title));
  });
  return router;
}

/** A form that was saved for the first time has an address of its own from then on: whoever types in it stays where they are. */
const sameForm = (to: RouteLocationNormalized, from: RouteLocationNormalized): boolean => to.meta.form !== undefined && to.meta.form === from.meta.form && history.state?.sameForm === true;
