import type { GeneratedFile } from './generated-file.ts'

/** A unit that runs one broker. `command`: the absolute path of `zurau`; `user`: who runs it. */
export function systemdFiles(options: {
  command: string
  user: string
  properties: string
}): GeneratedFile[] {
  const { command, user, properties } = options
  const lines = [
    '# A broker under systemd: /etc/systemd/system/zurau.service. Then: systemctl daemon-reload && systemctl enable --now zurau',
    '[Unit]',
    'Description=Zürau, a Kafka-compatible broker',
    'After=network-online.target',
    'Wants=network-online.target',
    '',
    '[Service]',
    'Type=exec',
    `User=${user}`,
    `ExecStart=${command} start ${properties}`,
    '# SIGTERM hands leadership to other brokers before the process ends; give that its time.',
    'KillSignal=SIGTERM',
    'KillMode=mixed',
    'TimeoutStopSec=180',
    'SuccessExitStatus=143',
    'Restart=on-failure',
    'RestartSec=5',
    'LimitNOFILE=100000',
    'StateDirectory=zurau',
    'WorkingDirectory=/var/lib/zurau',
    'Environment=NODE_ENV=production',
    'EnvironmentFile=-/etc/default/zurau',
    'NoNewPrivileges=true',
    'PrivateTmp=true',
    'ProtectHome=true',
    'ProtectSystem=full',
    '',
    '[Install]',
    'WantedBy=multi-user.target',
  ]
  return [{ name: 'zurau.service', text: `${lines.join('\n')}\n` }]
}
