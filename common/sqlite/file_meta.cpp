#include "common/sqlite/file_meta.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

namespace godwit::sqlite {
namespace {

// `dead_letter` empties as its rows are published; `dead_letter_place` remembers them, so that a rebuild
// knows which records may be passed over.
constexpr const char* common_schema = R"(
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS position (
  topic TEXT NOT NULL, partition INTEGER NOT NULL, next_offset INTEGER NOT NULL,
  fingerprint INTEGER NOT NULL,  -- hash of the record before next_offset
  PRIMARY KEY (topic, partition)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS dead_letter (id INTEGER PRIMARY KEY, key TEXT NOT NULL, value BLOB);
CREATE TABLE IF NOT EXISTS dead_letter_header (
  letter INTEGER NOT NULL REFERENCES dead_letter(id) ON DELETE CASCADE, name TEXT NOT NULL, value BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS dead_letter_header_of ON dead_letter_header(letter);
CREATE TABLE IF NOT EXISTS dead_letter_place (
  topic TEXT NOT NULL, partition INTEGER NOT NULL, log_offset INTEGER NOT NULL,
  PRIMARY KEY (topic, partition, log_offset)) WITHOUT ROWID;
)";

std::string hash_of(const std::string& text) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return fmt::format("{:016x}", hash);
}

std::optional<std::int32_t> number(std::string_view text) {
  std::int32_t out = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
  return read.ec == std::errc{} ? std::optional{out} : std::nullopt;
}

std::string owner_of(const FileIdentity& identity) {
  return fmt::format("{} v{}", identity.projection, identity.version);
}

Status check_owner(const FileMeta& meta, const FileIdentity& identity, const std::string& path) {
  if (identity.log.cluster_id.empty())
    return transient_error(fmt::format(
        "{} waits: the Kafka cluster has not told its id, so whose positions these are is not known", path));
  if (!meta.claimed) return Done{};
  if (meta.owner != owner_of(identity))
    return fatal_error(fmt::format("{} belongs to {}, not to {}; give this program another --data directory",
                                   path, meta.owner, owner_of(identity)));
  if (meta.cluster_id != identity.log.cluster_id)
    return fatal_error(fmt::format(
        "{} was folded from Kafka cluster {}, but this is cluster {}; point --brokers at the former, or move "
        "the directory away to rebuild the view from this cluster",
        path, meta.cluster_id, identity.log.cluster_id));
  if (meta.partitions && identity.log.partitions && *meta.partitions != *identity.log.partitions)
    return fatal_error(fmt::format(
        "the topics had {} partitions when {} was folded, and have {} now: keys have moved to other "
        "partitions; start with --rebuild to fold it anew",
        *meta.partitions, path, *identity.log.partitions));
  return Done{};
}

void write(Database& db, const FileIdentity& identity, const std::string& schema, bool rebuilding,
           bool claimed) {
  Transaction transaction{db};
  db.exec(common_schema);
  db.exec(schema);
  auto set = db.prepare("INSERT OR REPLACE INTO meta VALUES (?, ?)");
  set.run("projection", owner_of(identity));
  set.run("cluster_id", identity.log.cluster_id);
  set.run("layout", fmt::format("{}", identity.layout));
  if (!identity.variant.empty()) set.run("variant", identity.variant);
  set.run("schema", hash_of(common_schema + schema));
  if (identity.log.partitions) set.run("partitions", fmt::format("{}", *identity.log.partitions));
  if (rebuilding && !claimed) set.run("rebuilding", "1");
  if (!rebuilding) db.exec("DELETE FROM meta WHERE name IN ('rebuilding', 'retired')");
  transaction.commit();
}

}  // namespace

bool FileMeta::is_of(const FileIdentity& identity) const {
  return claimed && owner == owner_of(identity) && layout == identity.layout && variant == identity.variant &&
         (identity.log.cluster_id.empty() || cluster_id == identity.log.cluster_id) &&
         (!partitions || !identity.log.partitions || *partitions == *identity.log.partitions);
}

FileMeta read_meta(Database& db) {
  FileMeta out;
  auto table = db.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'meta'");
  if (!table.step()) return out;
  table.reset();
  auto rows = db.prepare("SELECT name, value FROM meta");
  while (rows.step()) {
    const std::string_view name = rows.text(0);
    const std::string value{rows.text(1)};
    if (name == "projection") out.owner = value;
    if (name == "cluster_id") out.cluster_id = value;
    if (name == "partitions") out.partitions = number(value);
    if (name == "layout") out.layout = number(value).value_or(1);
    if (name == "variant") out.variant = value;
    if (name == "schema") out.schema = value;
    if (name == "rebuilding") out.rebuilding = true;
  }
  out.claimed = !out.owner.empty();
  return out;
}

FileMeta read_meta(const std::string& path) {
  std::error_code error;
  if (std::filesystem::file_size(path, error) == 0 || error) return {};
  Database db = Database::open_or_throw(path, OpenMode::read_only);
  return read_meta(db);
}

Status claim(Database& db, const FileIdentity& identity, const std::string& schema, bool rebuilding) {
  const FileMeta meta = read_meta(db);
  if (auto ours = check_owner(meta, identity, db.path()); !ours) return ours.error();
  const bool known = meta.partitions.has_value() || !identity.log.partitions.has_value();
  if (!meta.claimed || !known || meta.schema != hash_of(common_schema + schema) ||
      (meta.rebuilding && !rebuilding)) {
    write(db, identity, schema, rebuilding, meta.claimed);
    return Done{};
  }
  try {
    db.exec(schema);  // what it sets for the connection; its tables are there
  } catch (const StoreFailure& failure) {
    if (failure.corrupt()) throw;  // a file that cannot be written now can still be read
  }
  return Done{};
}

std::optional<std::string> find_damage(const std::string& path) {
  try {
    Database db = Database::open_or_throw(path, OpenMode::read_write);
    auto check = db.prepare("PRAGMA quick_check(1)");
    if (!check.step() || check.text(0) == "ok") return std::nullopt;
    std::string finding{check.text(0)};
    std::replace(finding.begin(), finding.end(), '\n', ' ');
    return fmt::format("corrupt ({})", finding);
  } catch (const StoreFailure& failure) {
    if (!failure.corrupt()) throw;
    return fmt::format("corrupt ({})", failure.what());
  }
}

void make_serving(Database& db, const std::string& old, const std::function<void(Database&)>& carry) {
  const int layout = read_meta(db).layout;
  if (!old.empty()) db.prepare("ATTACH ? AS old").run(old);
  {
    // It takes the write lock of both files, so that nobody writes to the old one while its rows are carried.
    Transaction transaction{db};
    if (!old.empty()) {
      db.exec(
          "INSERT OR IGNORE INTO dead_letter SELECT * FROM old.dead_letter;"
          "INSERT INTO dead_letter_header SELECT * FROM old.dead_letter_header;"
          "INSERT OR IGNORE INTO dead_letter_place SELECT * FROM old.dead_letter_place;"
          "INSERT OR REPLACE INTO old.meta VALUES ('retired', '1');");
      auto old_layout = db.prepare("SELECT value FROM old.meta WHERE name = 'layout'");
      const bool same = (old_layout.step() ? number(old_layout.text(0)).value_or(1) : 1) == layout;
      old_layout.reset();
      if (same && carry) carry(db);
    }
    db.exec("DELETE FROM main.meta WHERE name = 'rebuilding'");
    transaction.commit();
  }
  if (!old.empty()) db.exec("DETACH old");
}

}  // namespace godwit::sqlite
