// The app's stacks as a JavaScript user of CDK would write them: the same
// settings in cdk.json, the same resources, policies, outputs, tags and
// descriptions, so the same templates. It checks no settings and adds no rules to
// CDK's validator. To measure the app against: see docs/speed.md.
const cdk = require('aws-cdk-lib');
const kms = require('aws-cdk-lib/aws-kms');
const sqs = require('aws-cdk-lib/aws-sqs');
const iam = require('aws-cdk-lib/aws-iam');
const sns = require('aws-cdk-lib/aws-sns');
const cloudwatch = require('aws-cdk-lib/aws-cloudwatch');
const actions = require('aws-cdk-lib/aws-cloudwatch-actions');
const { Construct } = require('constructs');
const crypto = require('crypto');

const KEY_ACTIONS = ['kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey'];

// Names and addresses.

const partition = region => region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';

function address(region, account, name, alias) {
  const p = partition(region);
  const fifo = name.endsWith('.fifo');
  return {
    region, account, name, alias, fifo,
    arn: `arn:${p}:sqs:${region}:${account}:${name}`,
    url: `https://sqs.${region}.amazonaws.com${p === 'aws-cn' ? '.cn' : ''}/${account}/${name}`,
    via: `sqs.${region}.amazonaws.com`,
    keyArns: `arn:${p}:kms:${region}:${account}:key/*`,
    keyAlias: `alias/${alias}`,
  };
}

const deadLetter = q => address(q.region, q.account, q.fifo ? q.name.slice(0, -5) + '-dlq.fifo' : q.name + '-dlq', q.alias);

function sid(prefix, q) {
  const words = q.name.split(/[-_.]/).filter(Boolean).map(w => w[0].toUpperCase() + w.slice(1));
  return prefix + words.join('') + crypto.createHash('sha256').update(q.arn).digest('hex').slice(0, 8);
}

const seconds = text => {
  if (text === undefined) return undefined;
  let total = 0;
  for (const [, n, unit] of text.matchAll(/(\d+)(h|m|s)/g)) total += n * { h: 3600, m: 60, s: 1 }[unit];
  return total;
};
const duration = text => text === undefined ? undefined : cdk.Duration.seconds(seconds(text));

// The shared account.

function through(sidPrefix, q, actions, keyArn, of = q) {
  return new iam.PolicyStatement({
    sid: sidPrefix, actions, resources: [keyArn],
    conditions: { StringEquals: { 'kms:EncryptionContext:aws:sqs:arn': of.arn, 'kms:ViaService': of.via } },
  });
}

const denyHttp = q => new iam.PolicyStatement({
  sid: 'DenyPlainHTTP', effect: iam.Effect.DENY, principals: [new iam.AnyPrincipal()], actions: ['sqs:*'], resources: [q.arn],
  conditions: { Bool: { 'aws:SecureTransport': 'false' } },
});

function sharedStack(app, name, env, q) {
  const dlqAddress = deadLetter(q);
  const s = env.shared;
  const org = env.senders[0].split('/')[0];
  const patterns = env.senders.map(p => `${p.replace(/\/$/, '')}/*`);
  const paths = patterns.length === 1 ? patterns[0] : patterns;
  const destroy = s.removalPolicy === 'destroy';
  const removalPolicy = destroy ? cdk.RemovalPolicy.DESTROY : cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE;

  const stack = new cdk.Stack(app, `${name}-shared`, {
    env: { account: s.account, region: env.region },
    tags: { ...env.tags, environment: name },
    terminationProtection: !destroy,
    description: `Queue ${q.name}, encrypted, for senders of ${env.senders.length === 1 ? env.senders[0].replace(/\/$/, '') : env.senders.length + ' OUs'}`,
  });
  const shared = new Construct(stack, 'SharedQueue');

  const key = new kms.Key(shared, 'Key', {
    description: `Encrypts the queue ${q.name} and its dead-letter queue`, enableKeyRotation: true, removalPolicy,
  });
  new kms.Alias(shared, 'KeyAlias', { aliasName: q.keyAlias, targetKey: key, removalPolicy });
  key.addToResourcePolicy(new iam.PolicyStatement({
    sid: 'SendersUseKeyThroughQueue', principals: [new iam.AnyPrincipal()], actions: KEY_ACTIONS, resources: ['*'],
    conditions: {
      'ForAnyValue:StringLike': { 'aws:PrincipalOrgPaths': paths },
      StringEquals: { 'aws:PrincipalOrgID': org, 'kms:EncryptionContext:aws:sqs:arn': q.arn, 'kms:ViaService': q.via },
    },
  }));

  const dlq = new sqs.Queue(shared, 'DeadLetterQueue', {
    queueName: dlqAddress.name, fifo: s.fifo || undefined,
    encryption: sqs.QueueEncryption.KMS, encryptionMasterKey: key, dataKeyReuse: duration(s.dataKeyReuse),
    retentionPeriod: cdk.Duration.days(14),
    redriveAllowPolicy: { redrivePermission: sqs.RedrivePermission.BY_QUEUE, sourceQueues: [sqs.Queue.fromQueueArn(shared, 'Source', q.arn)] },
    removalPolicy,
  });
  dlq.addToResourcePolicy(denyHttp(dlqAddress));

  const queue = new sqs.Queue(shared, 'Queue', {
    queueName: q.name, fifo: s.fifo || undefined, contentBasedDeduplication: s.contentBasedDeduplication || undefined,
    encryption: sqs.QueueEncryption.KMS, encryptionMasterKey: key, dataKeyReuse: duration(s.dataKeyReuse),
    visibilityTimeout: duration(s.visibilityTimeout), retentionPeriod: duration(s.retention),
    deadLetterQueue: { queue: dlq, maxReceiveCount: s.maxReceiveCount ?? 10 },
    removalPolicy,
  });
  queue.addToResourcePolicy(new iam.PolicyStatement({
    sid: 'SendersSendMessages', principals: [new iam.AnyPrincipal()], actions: ['sqs:SendMessage'], resources: [q.arn],
    conditions: {
      ...(s.orgPathsOnQueue ? { 'ForAnyValue:StringLike': { 'aws:PrincipalOrgPaths': paths } } : {}),
      StringEquals: { 'aws:PrincipalOrgID': org },
    },
  }));
  queue.addToResourcePolicy(denyHttp(q));

  for (const arn of s.consumers ?? []) {
    const role = iam.Role.fromRoleArn(stack, 'Consumer-' + arn.split('/').pop(), arn);
    role.addToPrincipalPolicy(new iam.PolicyStatement({
      sid: sid('Consume', q), resources: [q.arn],
      actions: ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:GetQueueUrl', 'sqs:ReceiveMessage'],
    }));
    role.addToPrincipalPolicy(through(sid('DecryptThrough', q), q, ['kms:Decrypt'], key.keyArn));
    role.addToPrincipalPolicy(new iam.PolicyStatement({
      sid: sid('DoNotSendTo', q), effect: iam.Effect.DENY, actions: ['sqs:SendMessage'], resources: [q.arn],
    }));
  }
  for (const arn of s.operators ?? []) {
    const role = iam.Role.fromRoleArn(stack, 'Operator-' + arn.split('/').pop(), arn);
    role.addToPrincipalPolicy(new iam.PolicyStatement({
      sid: sid('MoveDeadLettersOf', q), resources: [dlqAddress.arn],
      actions: ['sqs:CancelMessageMoveTask', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ListMessageMoveTasks', 'sqs:ReceiveMessage', 'sqs:StartMessageMoveTask'],
    }));
    role.addToPrincipalPolicy(through(sid('DecryptDeadLettersOf', q), q, ['kms:Decrypt'], key.keyArn, dlqAddress));
    role.addToPrincipalPolicy(new iam.PolicyStatement({ sid: sid('SendDeadLettersBackTo', q), actions: ['sqs:SendMessage'], resources: [q.arn] }));
    role.addToPrincipalPolicy(through(sid('EncryptDeadLettersFor', q), q, ['kms:Decrypt', 'kms:GenerateDataKey'], key.keyArn));
  }

  const maxAge = env.alarms?.maxAge ?? '15m';
  const minute = { period: cdk.Duration.minutes(1), statistic: 'Maximum' };
  const alarm = (id, metric, threshold, alarmDescription) => metric.createAlarm(stack, id, {
    alarmDescription, threshold, evaluationPeriods: 1,
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
    treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
  });
  const alarms = [
    alarm('DeadLetters', dlq.metricApproximateNumberOfMessagesVisible(minute), 0, `Messages that could not be processed wait in ${dlqAddress.name}`),
    alarm('OldMessages', queue.metricApproximateAgeOfOldestMessage(minute), seconds(maxAge), `The oldest message in ${q.name} has waited for over ${maxAge}`),
  ];
  if (env.alarms?.topicArn) {
    const action = new actions.SnsAction(sns.Topic.fromTopicArn(stack, 'AlarmTopic', env.alarms.topicArn));
    for (const a of alarms) {
      a.addAlarmAction(action);
      a.addOkAction(action);
    }
  }
  new cdk.CfnOutput(stack, 'QueueURL', { value: queue.queueUrl, description: 'Where senders send' });
  new cdk.CfnOutput(stack, 'QueueARN', { value: queue.queueArn, description: 'The queue, as policies name it' });
  new cdk.CfnOutput(stack, 'KeyARN', { value: key.keyArn, description: 'The key that encrypts the queue' });
}

// A publisher's account.

function testCommands(roleArn, q) {
  const fifo = q.fifo ? ' --message-group-id test --message-deduplication-id "test-$(date +%s)"' : '';
  return `aws sts assume-role --role-arn ${roleArn} --role-session-name test-message \\
  --query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]' --output text | (
  read -r id secret token &&
  AWS_ACCESS_KEY_ID=$id AWS_SECRET_ACCESS_KEY=$secret AWS_SESSION_TOKEN=$token \\
    aws sqs send-message --region ${q.region} --queue-url ${q.url} \\
      --message-body 'Hello from publisher account!'${fifo}
)`;
}

function principal(s, region) {
  if (/^\d{12}$/.test(s)) return new iam.ArnPrincipal(`arn:${partition(region)}:iam::${s}:root`);
  if (s.startsWith('arn:')) return new iam.ArnPrincipal(s);
  return new iam.ServicePrincipal(s);
}

function publisherStack(app, name, env, q, pname, p) {
  const stack = new cdk.Stack(app, `${name}-publisher-${pname}`, {
    env: { account: p.account, region: env.region },
    tags: { ...env.tags, environment: name },
    description: `Role ${p.roleName}, which sends to the queue ${q.name} of account ${q.account}`,
  });
  const role = new iam.Role(new Construct(stack, 'Publisher'), 'Role', {
    roleName: p.roleName,
    description: `Sends to the queue ${q.name} of account ${q.account}`,
    assumedBy: new iam.CompositePrincipal(...p.assumedBy.map(s => principal(s, env.region))),
  });
  role.addToPolicy(new iam.PolicyStatement({ sid: sid('SendTo', q), actions: ['sqs:SendMessage'], resources: [q.arn] }));
  role.addToPolicy(new iam.PolicyStatement({
    sid: sid('UseKeyOf', q), actions: KEY_ACTIONS, resources: [q.keyArns],
    conditions: {
      'ForAnyValue:StringEquals': { 'kms:ResourceAliases': q.keyAlias },
      StringEquals: { 'kms:EncryptionContext:aws:sqs:arn': q.arn, 'kms:ViaService': q.via },
    },
  }));
  const arn = `arn:${partition(env.region)}:iam::${p.account}:role/${p.roleName}`;
  new cdk.CfnOutput(stack, 'RoleARN', { value: role.roleArn, description: 'The role that sends' });
  new cdk.CfnOutput(stack, 'SendTestMessage', { value: testCommands(arn, q), description: 'Paste into a shell whose credentials may assume the role' });
}

// The app.

const app = new cdk.App();
let environments = app.node.tryGetContext('environments');
if (typeof environments === 'string') environments = JSON.parse(environments);
const byName = o => Object.entries(o).sort(([a], [b]) => (a < b ? -1 : 1));
for (const [name, env] of byName(environments)) {
  const q = address(env.region, env.shared.account, env.shared.queueName, env.shared.keyAlias);
  sharedStack(app, name, env, q);
  for (const [pname, p] of byName(env.publishers)) publisherStack(app, name, env, q, pname, p);
}
app.synth();
