import assert from "node:assert/strict";

/** Asserts that the answer is a problem document (RFC 9457) with the status and with a detail for people. */
export async function assertProblem(response, status, detail = /./) {
  const body = await response.text();
  const told = `${response.status} ${response.headers.get("content-type")}: ${body}`;
  assert.equal(response.status, status, told);
  assert.match(response.headers.get("content-type") ?? "", /^application\/problem\+json\b/, told);
  const problem = JSON.parse(body);
  assert.equal(problem.status, status, told);
  assert.ok(problem.title, told);
  assert.match(problem.detail ?? "", detail, told);
  return problem;
}
