#!/usr/bin/env bash
# One Ceph RGW on loopback, its data in memory: rgw.sh FOLDER PORT MON_PORT.
# Prints READY when it answers (key TESTKEY, secret TESTSECRET). Ends with everything it started when it is asked to
# (SIGTERM) or when whoever started it is gone.
set -euo pipefail
D=${1:?folder}; PORT=${2:?port}; MON=${3:?port of the monitor}
PARENT=$PPID
mkdir -p "$D"/{mon,osd,rgw,run}
trap 'kill -9 $(cat "$D/pids" 2>/dev/null) 2>/dev/null || true' EXIT
trap 'exit 143' INT TERM
start() { "$@" & echo $! >> "$D/pids"; }
cat > "$D/ceph.conf" <<C
[global]
fsid = $(cat /proc/sys/kernel/random/uuid)
mon_host = v2:127.0.0.1:$MON
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
auth_cluster_required = cephx
auth_service_required = cephx
auth_client_required = cephx
keyring = $D/keyring
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pgp_num = 1
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_allow_pool_delete = true
mon_max_pg_per_osd = 1000
paxos_propose_interval = 0.02
paxos_min_wait = 0.01
mon_tick_interval = 1
osd_mon_report_interval = 1
osd_pg_stat_report_interval_max = 1
rgw_num_rados_handles = 1
rgw_run_sync_thread = false
osd_objectstore = memstore
memstore_device_bytes = 2147483648
osd_memory_target = 939524096
ms_bind_ipv6 = false
run_dir = $D/run
admin_socket = $D/run/\$cluster-\$name.asok
log_file = $D/\$name.log
mon_data = $D/mon
osd_data = $D/osd
rgw_data = $D/rgw
rgw_enable_usage_log = false
rgw_cache_enabled = true
rgw_thread_pool_size = 16
rgw_gc_max_objs = 1
rgw_lc_max_objs = 1
rgw_crypt_require_ssl = false
rgw_crypt_s3_kms_backend = testing
rgw_crypt_s3_kms_encryption_keys = testkey=YmluCmJvb3N0CmJvb3N0LWJ1aWxkCmNlcGguY29uZgo=
rgw_dns_name = localhost
setuser_match_path =
[client.rgw]
rgw_frontends = beast endpoint=127.0.0.1:$PORT
C
ceph-authtool -C "$D/keyring" --gen-key -n mon. --cap mon 'allow *' >/dev/null
ceph-authtool "$D/keyring" --gen-key -n client.admin --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *' >/dev/null
ceph-authtool "$D/keyring" --gen-key -n client.rgw --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *' >/dev/null
ceph-authtool "$D/keyring" --gen-key -n osd.0 --cap mon 'allow profile osd' --cap osd 'allow *' >/dev/null
export CEPH_CONF=$D/ceph.conf CEPH_ARGS="-c $D/ceph.conf"
monmaptool --create --clobber --fsid "$(awk '/^fsid/{print $3}' "$D/ceph.conf")" --addv a "[v2:127.0.0.1:$MON]" "$D/monmap" >/dev/null
ceph-mon --mkfs -i a --monmap "$D/monmap" --keyring "$D/keyring" -c "$D/ceph.conf"
start ceph-mon -f -i a -c "$D/ceph.conf" >"$D/mon.out" 2>&1
for _ in $(seq 60); do timeout 2 ceph -c "$D/ceph.conf" mon stat >/dev/null 2>&1 && break; sleep .3; done
UUID=$(cat /proc/sys/kernel/random/uuid)
ceph -c "$D/ceph.conf" osd new "$UUID" >/dev/null
ceph -c "$D/ceph.conf" auth import -i "$D/keyring" 2>/dev/null
ceph-osd -i 0 --mkfs --osd-uuid "$UUID" -c "$D/ceph.conf" 2>"$D/mkfs.out"
start ceph-osd -f -i 0 -c "$D/ceph.conf" >"$D/osd.out" 2>&1
for _ in $(seq 60); do ceph -c "$D/ceph.conf" osd stat 2>/dev/null | grep -q '1 up' && break; sleep .3; done
start radosgw -f -n client.rgw -c "$D/ceph.conf" >"$D/rgw.out" 2>&1
for _ in $(seq 200); do curl -fs "http://127.0.0.1:$PORT/" >/dev/null && break; sleep .3; done
radosgw-admin -c "$D/ceph.conf" user create --uid=test --display-name=test --access-key=TESTKEY --secret-key=TESTSECRET >/dev/null
echo "READY $(tail -n 1 "$D/pids")"
while [ "$(ps -o ppid= -p $$ | tr -d ' ')" = "$PARENT" ]; do sleep 1; done
