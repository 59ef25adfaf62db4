// Cycles of login, calls and logout for k6: each virtual user is one connection.
import http from 'k6/http';

const base = `http://${__ENV.ADDRESS}`;
const calls = Number(__ENV.CALLS || 8);

export const options = { discardResponseBodies: true, summaryTrendStats: ['p(99)'] };

export default function () {
  http.post(`${base}/login`);
  for (let i = 0; i < calls; i++) {
    http.get(`${base}/call`);
  }
  http.post(`${base}/logout`);
}
