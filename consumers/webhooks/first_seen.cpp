#include "consumers/webhooks/first_seen.h"

#include <fmt/format.h>

#include <filesystem>

#include "common/sqlite/database.h"
#include "consumers/webhooks/projection.h"

namespace godwit::webhooks {

Status remember_first_seen(const std::string& data_directory, Timestamp now, Endpoints& endpoints) {
  if (endpoints.empty()) return Done{};
  const std::string directory = fmt::format("{}/{}", data_directory, Webhooks::name);
  std::error_code failed;
  std::filesystem::create_directories(directory, failed);
  if (failed) return fatal_error(fmt::format("cannot create {}: {}", directory, failed.message()));
  auto db = sqlite::Database::open(directory + "/endpoints.db", sqlite::OpenMode::read_write);
  if (!db) return db.error();
  try {
    db->exec(
        "CREATE TABLE IF NOT EXISTS endpoint (name TEXT PRIMARY KEY, active_from_ms INTEGER NOT NULL) "
        "WITHOUT ROWID");
    sqlite::Transaction transaction{*db};
    auto remember = db->prepare("INSERT OR IGNORE INTO endpoint VALUES (?, ?)");
    auto recall = db->prepare("SELECT active_from_ms FROM endpoint WHERE name = ?");
    for (Endpoint& endpoint : endpoints) {
      if (endpoint.active_from != Timestamp{}) continue;
      remember.run(endpoint.name, to_unix_ms(now));
      recall.bind(endpoint.name).step();
      endpoint.active_from = from_unix_ms(recall.integer(0));
      recall.reset();
    }
    transaction.commit();
  } catch (const sqlite::StoreFailure& failure) {
    return fatal_error(failure.what());
  }
  return Done{};
}

}  // namespace godwit::webhooks
