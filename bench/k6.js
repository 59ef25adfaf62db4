// Cycles of login, calls and logout for k6: each virtual user is one connection.
// As spare as k6 can be, or, with CHECKING=yes, with its defaults and a check of each
// answer's status and of the login's cookie, the least that authsoak checks too.
import http from 'k6/http';
import { check } from 'k6';

const base = `http://${__ENV.ADDRESS}`;
const calls = Number(__ENV.CALLS || 8);
const checking = __ENV.CHECKING === 'yes';

export const options = checking ? {} : { discardResponseBodies: true, summaryTrendStats: ['p(99)'] };

const accepted = { 'status is 200': (answer) => answer.status === 200 };
const opened = {
  'status is 200': (answer) => answer.status === 200,
  'a session cookie came': (answer) => answer.cookies.SID !== undefined,
};

function judge(answer, expected) {
  if (checking) {
    check(answer, expected);
  }
}

export default function () {
  judge(http.post(`${base}/login`), opened);
  for (let i = 0; i < calls; i++) {
    judge(http.get(`${base}/call`), accepted);
  }
  judge(http.post(`${base}/logout`), accepted);
}
