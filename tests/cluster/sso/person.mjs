// What people do in their browser to log a device in at provider.mjs: type its code, say who they are, consent.
//   person.mjs ISSUER CODE NAME         logs in as NAME
//   person.mjs ISSUER CODE NAME deny    says no
const [issuer, code, name, deny] = process.argv.slice(2);
const cookies = new Map();

// One page: redirects are followed, and cookies kept, as browsers do.
async function page(url, fields) {
  let request = fields && { method: 'POST', body: new URLSearchParams(fields) };
  for (let hops = 0; hops < 20; hops += 1) {
    const cookie = [...cookies].map(([key, value]) => `${key}=${value}`).join('; ');
    const answer = await fetch(url, { ...request, headers: { cookie }, redirect: 'manual' });
    for (const line of answer.headers.getSetCookie()) {
      const [, key, value] = line.match(/^([^=]+)=([^;]*)/);
      if (value) cookies.set(key, value); else cookies.delete(key);
    }
    if (answer.status < 300 || answer.status > 399) return { status: answer.status, text: await answer.text(), url };
    url = new URL(answer.headers.get('location'), url).href;
    request = undefined;
  }
  throw new Error('redirected without end');
}
const secret = (text) => text.match(/name="xsrf" value="([^"]+)"/)[1];

const first = await page(`${issuer}/device`);
const second = await page(`${issuer}/device`, { xsrf: secret(first.text), user_code: code });
if (!second.text.includes('confirm')) throw new Error(`the code is not taken: ${second.text}`);
if (deny) {
  const end = await page(`${issuer}/device`, { xsrf: secret(second.text), user_code: code, abort: 'yes' });
  console.log(`denied: ${end.status}`);
  process.exit(0);
}
let now = await page(`${issuer}/device`, { xsrf: secret(second.text), user_code: code, confirm: 'yes' });
now = await page(now.url, { prompt: 'login', login: name, password: 'anything' });
if (now.url.includes('/interaction/')) now = await page(now.url, { prompt: 'consent' });
if (!now.text.includes('Success')) throw new Error(`not logged in: ${now.status} ${now.url}\n${now.text}`);
console.log('logged in');
