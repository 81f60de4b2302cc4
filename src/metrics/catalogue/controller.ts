import { area, counter, gauge, histogram } from '../define.ts'

/**
 * The controller. Gauges of the cluster's state are 0 on brokers that are not the controller, so that sums over
 * brokers are right. Sources: kafka.controller.KafkaController, ControllerState, ControllerChannelManager.
 */
export const controller = area('Controller', {
  kafka_controller_kafkacontroller_activecontrollercount: gauge({
    unit: '0 or 1',
    doc: '1 on the controller. The sum over all brokers is 1 in a healthy cluster.',
  }),
  kafka_controller_kafkacontroller_controllerstate: gauge({
    unit: 'state',
    doc: 'What the controller is doing, by the numbers of ControllerState; 0 when idle or elsewhere.',
  }),
  kafka_controller_kafkacontroller_activebrokercount: gauge({
    unit: 'brokers',
    doc: 'Brokers that are registered and alive.',
  }),
  kafka_controller_kafkacontroller_fencedbrokercount: gauge({
    unit: 'brokers',
    doc: 'Always 0: brokers are fenced only where metadata is not in ZooKeeper.',
  }),
  kafka_controller_kafkacontroller_globaltopiccount: gauge({
    unit: 'topics',
    doc: 'Topics in the cluster.',
  }),
  kafka_controller_kafkacontroller_globalpartitioncount: gauge({
    unit: 'partitions',
    doc: 'Partitions in the cluster.',
  }),
  kafka_controller_kafkacontroller_offlinepartitionscount: gauge({
    unit: 'partitions',
    doc: 'Partitions without a leader: nobody can write to them or read from them.',
  }),
  kafka_controller_kafkacontroller_preferredreplicaimbalancecount: gauge({
    unit: 'partitions',
    doc: 'Partitions that are not led by their preferred replica.',
  }),
  kafka_controller_kafkacontroller_topicstodeletecount: gauge({
    unit: 'topics',
    doc: 'Topics that wait to be deleted.',
  }),
  kafka_controller_kafkacontroller_topicsineligibletodeletecount: gauge({
    unit: 'topics',
    doc: 'Topics whose deletion waits for a broker to come back or a reassignment to end.',
  }),
  kafka_controller_kafkacontroller_replicastodeletecount: gauge({
    unit: 'replicas',
    doc: 'Replicas that wait to be deleted.',
  }),
  kafka_controller_kafkacontroller_replicasineligibletodeletecount: gauge({
    unit: 'replicas',
    doc: 'Replicas whose deletion failed or cannot be asked for now.',
  }),
  kafka_controller_kafkacontroller_zkmigrationstate: gauge({
    unit: 'state',
    doc: 'Always 4: metadata is in ZooKeeper and no migration runs.',
  }),
  kafka_controller_controllerstats_uncleanleaderelections_total: counter({
    unit: 'elections',
    doc: 'Leaders chosen from replicas that were not in sync: records may be lost.',
  }),
  kafka_controller_controllerstats_leaderelectionrateandtimems: histogram({
    unit: 'ms',
    doc: 'Handling brokers that came, went or restarted, elections included.',
  }),
  kafka_controller_controllerstats_controllerchangerateandtimems: histogram({
    unit: 'ms',
    doc: 'Becoming the controller, until its first decisions were sent.',
  }),
  kafka_controller_controllerstats_controllershutdownrateandtimems: histogram({
    unit: 'ms',
    doc: 'Stopping to be the controller because the broker stops.',
  }),
  kafka_controller_controllerstats_controlledshutdownrateandtimems: histogram({
    unit: 'ms',
    doc: 'Taking leadership off a broker that wants to shut down.',
  }),
  kafka_controller_controllerstats_topicchangerateandtimems: histogram({
    unit: 'ms',
    doc: 'Handling new topics and new partitions.',
  }),
  kafka_controller_controllerstats_topicdeletionrateandtimems: histogram({
    unit: 'ms',
    doc: 'Handling requests to delete topics and the answers of brokers to them.',
  }),
  kafka_controller_controllerstats_partitionreassignmentrateandtimems: histogram({
    unit: 'ms',
    doc: 'Handling a step of a reassignment.',
  }),
  kafka_controller_controllerstats_listpartitionreassignmentrateandtimems: histogram({
    unit: 'ms',
    doc: 'Answering which reassignments run.',
  }),
  kafka_controller_controllerstats_autoleaderbalancerateandtimems: histogram({
    unit: 'ms',
    doc: 'The periodic return of leadership to preferred replicas.',
  }),
  kafka_controller_controllerstats_manualleaderbalancerateandtimems: histogram({
    unit: 'ms',
    doc: 'Elections that somebody asked for.',
  }),
  kafka_controller_controllerstats_isrchangerateandtimems: histogram({
    unit: 'ms',
    doc: 'Handling changes of in-sync sets.',
  }),
  kafka_controller_controllerstats_leaderandisrresponsereceivedrateandtimems: histogram({
    unit: 'ms',
    doc: "Handling brokers' answers to LeaderAndIsr.",
  }),
  kafka_controller_controllerstats_logdirchangerateandtimems: histogram({
    unit: 'ms',
    doc: 'Handling reports of failed log directories.',
  }),
  kafka_controller_controllerstats_uncleanleaderelectionenablerateandtimems: histogram({
    unit: 'ms',
    doc: 'Electing leaders after unclean election was allowed for the cluster.',
  }),
  kafka_controller_controllerstats_topicuncleanleaderelectionenablerateandtimems: histogram({
    unit: 'ms',
    doc: 'Electing leaders after unclean election was allowed for a topic.',
  }),
  kafka_controller_controllerstats_updatefeaturesrateandtimems: histogram({
    unit: 'ms',
    doc: 'Handling requests to change finalized features.',
  }),
  kafka_controller_controllereventmanager_eventqueuesize: gauge({
    unit: 'events',
    doc: 'Events that wait for the controller.',
  }),
  kafka_controller_controllereventmanager_eventqueuetimems: histogram({
    unit: 'ms',
    doc: 'How long events waited for the controller.',
  }),
  kafka_controller_controllerchannelmanager_totalqueuesize: gauge({
    unit: 'requests',
    doc: 'Requests from the controller that wait to be sent, over all brokers.',
  }),
  kafka_controller_controllerchannelmanager_queuesize: gauge({
    labels: ['broker_id'],
    unit: 'requests',
    doc: 'Requests from the controller that wait to be sent to a broker.',
  }),
  kafka_controller_controllerchannelmanager_requestrateandqueuetimems: histogram({
    labels: ['broker_id'],
    unit: 'ms',
    doc: 'How long requests from the controller waited to be sent to a broker.',
  }),
})
