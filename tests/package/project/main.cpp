#include <godwit/migration.h>

int main(int, char** argv) {
  auto [client, why] = godwit::Client::open({.brokers = argv[1], .spool = argv[2]});
  if (!client) return 1;
  auto migration = client->begin({.vm_name = "web-1", .provider = "vsphere"});
  migration.start();
  migration.stage("export");
  migration.progress(1 << 20, 8 << 20);
  return migration.complete() ? 0 : 1;
}
