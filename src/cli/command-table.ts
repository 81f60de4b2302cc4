import type { CommandEntry } from './command.ts'

/** THE command table. */
export const commandTable: readonly CommandEntry[] = [
  {
    name: 'dev',
    group: 'Run',
    summary: 'run a broker to develop against, with its metadata service inside',
    load: async () => (await import('./dev.ts')).declareDev,
  },
  {
    name: 'start',
    group: 'Run',
    summary: 'run a broker in the foreground',
    load: async () => (await import('./start.ts')).declareStart,
  },
  {
    name: 'produce',
    group: 'Records',
    summary: 'write records to a topic',
    load: async () => (await import('./produce.ts')).declareProduce,
  },
  {
    name: 'consume',
    group: 'Records',
    summary: 'read records of a topic',
    load: async () => (await import('./consume.ts')).declareConsume,
  },
  {
    name: 'topics',
    group: 'Cluster',
    summary: 'list, describe, create, delete and grow topics',
    load: async () => (await import('./topics.ts')).declareTopics,
  },
  {
    name: 'offsets',
    group: 'Cluster',
    summary: 'committed offsets in ZooKeeper and in the topic: diff, migrate, seek, export, import, store',
    load: async () => (await import('./offsets.ts')).declareOffsets,
  },
  {
    name: 'drill',
    group: 'Cluster',
    summary: 'rehearse outages on real processes, with a verdict',
    load: async () => (await import('./drill.ts')).declareDrill,
  },
  {
    name: 'topology',
    group: 'ZooKeeper and files',
    summary: 'write down the shape of a cluster, to rehearse on a clone of it',
    load: async () => (await import('./topology.ts')).declareTopology,
  },
  {
    name: 'zk',
    group: 'ZooKeeper and files',
    summary: 'look into an ensemble: tree, get, ls, lint, snapshot, diff, watch',
    load: async () => (await import('./zk.ts')).declareZk,
  },
  {
    name: 'brokers',
    group: 'Cluster',
    summary: 'list, describe, drain and roll brokers',
    load: async () => (await import('./brokers.ts')).declareBrokers,
  },
  {
    name: 'configs',
    group: 'Cluster',
    summary: 'show and change configuration, with where each value comes from',
    load: async () => (await import('./configs.ts')).declareConfigs,
  },
  {
    name: 'groups',
    group: 'Cluster',
    summary: 'list, describe and delete consumer groups',
    load: async () => (await import('./groups.ts')).declareGroups,
  },
  {
    name: 'leaders',
    group: 'Cluster',
    summary: 'give partitions to their preferred leaders',
    load: async () => (await import('./leaders.ts')).declareLeaders,
  },
  {
    name: 'reassign',
    group: 'Cluster',
    summary: 'move partitions: plan, apply, status, verify, cancel',
    load: async () => (await import('./reassign.ts')).declareReassign,
  },
  {
    name: 'health',
    group: 'Cluster',
    summary: 'say whether the cluster is well and, if not, why',
    load: async () => (await import('./health.ts')).declareHealth,
  },
  {
    name: 'config',
    group: 'Set-up',
    summary: 'explain the configuration of a broker of this machine',
    load: async () => (await import('./config.ts')).declareConfig,
  },
  {
    name: 'generate',
    group: 'Set-up',
    summary: 'make files for Prometheus, Grafana, systemd and containers',
    load: async () => (await import('./generate.ts')).declareGenerate,
  },
  {
    name: 'profile',
    group: 'Set-up',
    summary: 'name clusters, to say --profile NAME',
    load: async () => (await import('./profile.ts')).declareProfile,
  },
  {
    name: 'doctor',
    group: 'Cluster',
    summary: 'find out why a client or a broker cannot connect',
    load: async () => (await import('./doctor.ts')).declareDoctor,
  },
  {
    name: 'dump-log',
    group: 'ZooKeeper and files',
    summary: 'print the files of a log directory',
    load: async () => (await import('./dump-log.ts')).declareDumpLog,
  },
  {
    name: 'completion',
    group: 'Set-up',
    summary: 'print a completion script for bash, zsh or fish',
    load: async () => (await import('./completion.ts')).declareCompletion,
  },
  {
    name: 'install-aliases',
    group: 'Set-up',
    summary: 'put kafka-topics, zookeeper-shell and others into a directory',
    load: async () => (await import('./install-aliases.ts')).declareInstallAliases,
  },
]

/** Commands under Apache's names and with Apache's options: for old runbooks. */
export const apacheTable: readonly CommandEntry[] = [
  {
    name: 'kafka-topics',
    group: 'Apache names',
    summary: 'as kafka-topics.sh, --zookeeper included',
    load: async () => (await import('./apache/kafka-topics.ts')).declareKafkaTopics,
  },
  {
    name: 'kafka-configs',
    group: 'Apache names',
    summary: 'as kafka-configs.sh, --zookeeper included',
    load: async () => (await import('./apache/kafka-configs.ts')).declareKafkaConfigs,
  },
  {
    name: 'kafka-console-producer',
    group: 'Apache names',
    summary: 'as kafka-console-producer.sh',
    load: async () => (await import('./apache/console-producer.ts')).declareConsoleProducer,
  },
  {
    name: 'kafka-console-consumer',
    group: 'Apache names',
    summary: 'as kafka-console-consumer.sh',
    load: async () => (await import('./apache/console-consumer.ts')).declareConsoleConsumer,
  },
  {
    name: 'kafka-consumer-groups',
    group: 'Apache names',
    summary: 'as kafka-consumer-groups.sh: list, describe, delete',
    load: async () => (await import('./apache/consumer-groups.ts')).declareConsumerGroups,
  },
  {
    name: 'kafka-leader-election',
    group: 'Apache names',
    summary: 'as kafka-leader-election.sh',
    load: async () => (await import('./apache/leader-election.ts')).declareLeaderElection,
  },
  {
    name: 'kafka-preferred-replica-election',
    group: 'Apache names',
    summary: 'as kafka-preferred-replica-election.sh of Kafka 2',
    load: async () => (await import('./apache/leader-election.ts')).declarePreferredElection,
  },
  {
    name: 'kafka-reassign-partitions',
    group: 'Apache names',
    summary: 'as kafka-reassign-partitions.sh',
    load: async () => (await import('./apache/reassign-partitions.ts')).declareReassignPartitions,
  },
  {
    name: 'kafka-log-dirs',
    group: 'Apache names',
    summary: 'as kafka-log-dirs.sh',
    load: async () => (await import('./apache/log-dirs.ts')).declareLogDirs,
  },
  {
    name: 'kafka-get-offsets',
    group: 'Apache names',
    summary: 'as kafka-get-offsets.sh',
    load: async () => (await import('./apache/get-offsets.ts')).declareGetOffsets,
  },
  {
    name: 'kafka-broker-api-versions',
    group: 'Apache names',
    summary: 'as kafka-broker-api-versions.sh',
    load: async () => (await import('./apache/broker-api-versions.ts')).declareBrokerApiVersions,
  },
  {
    name: 'kafka-dump-log',
    group: 'Apache names',
    summary: 'as kafka-dump-log.sh',
    load: async () => (await import('./apache/kafka-dump-log.ts')).declareKafkaDumpLog,
  },
  {
    name: 'kafka-server-start',
    group: 'Apache names',
    summary: 'as kafka-server-start.sh',
    load: async () => (await import('./apache/server-start.ts')).declareServerStart,
  },
  {
    name: 'zookeeper-shell',
    group: 'Apache names',
    summary: 'as zookeeper-shell.sh, to look',
    load: async () => (await import('./apache/zookeeper-shell.ts')).declareZookeeperShell,
  },
]
