#include "common/sqlite/partition_file.h"

#include <fmt/format.h>

#include <filesystem>

namespace godwit::sqlite {
namespace {

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
)";

std::optional<std::string> read_meta(Database& db, std::string_view name) {
  auto statement = db.prepare("SELECT value FROM meta WHERE name = ?");
  return statement.bind(name).step() ? statement.maybe_text(0) : std::nullopt;
}

Status claim(Database& db, const FileIdentity& identity) {
  if (identity.cluster_id.empty())
    return transient_error(fmt::format(
        "{} waits: the Kafka cluster has not told its id, so whose positions these are is not known",
        db.path()));
  const auto cluster = read_meta(db, "cluster_id");
  const auto owner = read_meta(db, "projection");
  const std::string ours = fmt::format("{} v{}", identity.projection, identity.version);
  if (owner && *owner != ours)
    return fatal_error(fmt::format("{} belongs to {}, not to {}; give this program another --data directory",
                                   db.path(), *owner, ours));
  if (cluster && *cluster != identity.cluster_id)
    return fatal_error(fmt::format(
        "{} was folded from Kafka cluster {}, but this is cluster {}; point --brokers at the former, or move "
        "the directory away to rebuild the view from this cluster",
        db.path(), *cluster, identity.cluster_id));
  db.prepare("INSERT OR IGNORE INTO meta VALUES ('projection', ?1), ('cluster_id', ?2)")
      .run(ours, identity.cluster_id);
  return Done{};
}

}  // namespace

Result<std::unique_ptr<PartitionFileBase::Opened>> PartitionFileBase::open_file(
    const std::string& directory, const std::string& name, const FileIdentity& identity) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) return fatal_error(fmt::format("cannot create {}: {}", directory, error.message()));
  const std::string path = fmt::format("{}/{}.db", directory, name);
  auto lock = std::make_unique<FileLock>(path + ".lock");
  if (!lock->held())
    return fatal_error(fmt::format(
        "{} is in use by another process; every instance needs a --data directory of its own", path));
  auto db = Database::open(path, OpenMode::read_write);
  if (!db) return db.error();
  try {
    db->exec(common_schema);
    if (auto claimed = claim(*db, identity); !claimed) return claimed.error();
  } catch (const StoreFailure& failure) {
    return fatal_error(failure.what());
  }
  return std::unique_ptr<Opened>{new Opened{name, std::move(lock), std::move(*db)}};  // NOLINT: an aggregate
}

PartitionFileBase::PartitionFileBase(std::unique_ptr<Opened> opened, Readers& readers, FileIdentity identity)
    : opened_(std::move(opened)), readers_(readers), identity_(std::move(identity)) {
  auto rows = db().prepare("SELECT topic, partition, next_offset, fingerprint FROM position");
  while (rows.step()) {
    const stream::TopicPartition at{std::string{rows.text(0)},
                                    stream::Partition{static_cast<std::int32_t>(rows.integer(1))}};
    committed_[at] = {stream::Offset{rows.integer(2)}, static_cast<std::uint64_t>(rows.integer(3)), false};
  }
}

PartitionFileBase::~PartitionFileBase() { readers_.remove(opened_->name); }

Database& PartitionFileBase::db() { return opened_->db; }

std::vector<stream::Position> PartitionFileBase::positions() const {
  std::vector<stream::Position> out;
  for (const auto& [at, cursor] : committed_) out.push_back({at, cursor.next});
  return out;
}

bool PartitionFileBase::contradicts(const stream::Record& record) const {
  const auto found = committed_.find({std::string{record.topic}, record.partition});
  return found != committed_.end() && found->second.next.value() == record.offset.value() + 1 &&
         found->second.fingerprint != stream::fingerprint(record);
}

void PartitionFileBase::begin() {
  stage();
  transaction_.emplace(db());
}

void PartitionFileBase::stage() {
  staged_ = committed_;
  recent_ = staged_.end();
}

PartitionFileBase::Cursor* PartitionFileBase::staged(const stream::Record& record) const {
  if (recent_ == staged_.end() || recent_->first.partition != record.partition ||
      recent_->first.topic != record.topic)
    recent_ = staged_.find({std::string{record.topic}, record.partition});
  return recent_ == staged_.end() ? nullptr : &recent_->second;
}

std::optional<stream::Offset> PartitionFileBase::position(const stream::Record& record) const {
  const Cursor* cursor = staged(record);
  return cursor != nullptr ? std::optional{cursor->next} : std::nullopt;
}

void PartitionFileBase::advance(const stream::Record& record) {
  Cursor* cursor = staged(record);
  if (cursor == nullptr) {
    recent_ =
        staged_.emplace(stream::TopicPartition{std::string{record.topic}, record.partition}, Cursor{}).first;
    cursor = &recent_->second;
  }
  cursor->next = stream::Offset{record.offset.value() + 1};
  cursor->fingerprint = stream::fingerprint(record);
  cursor->changed = true;
}

void PartitionFileBase::commit_transaction() {
  auto write = db().prepare("INSERT OR REPLACE INTO position VALUES (?, ?, ?, ?)");
  for (auto& [at, cursor] : staged_) {
    if (!cursor.changed) continue;
    cursor.changed = false;
    write.run(at.topic, at.partition.value(), cursor.next.value(),
              static_cast<std::int64_t>(cursor.fingerprint));
  }
  transaction_->commit();
  transaction_.reset();
  committed_ = staged_;
}

void PartitionFileBase::rollback() {
  transaction_.reset();
  stage();
}

std::string PartitionFileBase::log_position() const {
  std::string out;
  for (const auto& [at, cursor] : staged_)
    out += fmt::format("{}{}", out.empty() ? fmt::format("{}:", at.partition.value()) : ",",
                       cursor.next.value());
  return out;
}

void PartitionFileBase::dead_letter(const stream::Record& record, const event::Refusal& refusal) {
  const stream::OutRecord letter = projection::make_dead_letter(identity_.projection, record, refusal);
  auto insert = db().prepare("INSERT INTO dead_letter(key, value) VALUES (?, ?)");
  if (letter.value) {
    insert.run(*letter.key, Statement::blob_of(*letter.value));
  } else {
    insert.run(*letter.key, nullptr);
  }
  const std::int64_t id = db().last_insert_rowid();
  auto header = db().prepare("INSERT INTO dead_letter_header VALUES (?, ?, ?)");
  for (const auto& [name, value] : letter.headers) header.run(id, name, Statement::blob_of(value));
}

std::vector<projection::DeadLetter> PartitionFileBase::unpublished(std::size_t letters_max) {
  std::vector<projection::DeadLetter> out;
  auto letters = db().prepare("SELECT id, key, value FROM dead_letter ORDER BY id LIMIT ?");
  auto headers = db().prepare("SELECT name, value FROM dead_letter_header WHERE letter = ? ORDER BY rowid");
  letters.bind(static_cast<std::int64_t>(letters_max));
  while (letters.step()) {
    projection::DeadLetter letter{
        letters.integer(0),
        {std::string{projection::dead_letter_topic}, std::string{letters.text(1)}, {}, {}}};
    if (!letters.is_null(2)) letter.record.value = std::string{letters.blob(2)};
    headers.bind(letter.id);
    while (headers.step()) letter.record.headers.emplace_back(headers.text(0), headers.blob(1));
    out.push_back(std::move(letter));
  }
  return out;
}

void PartitionFileBase::mark_published(const std::vector<std::int64_t>& ids) {
  Transaction transaction{db()};
  auto headers = db().prepare("DELETE FROM dead_letter_header WHERE letter = ?");
  auto letter = db().prepare("DELETE FROM dead_letter WHERE id = ?");
  for (const std::int64_t id : ids) {
    headers.run(id);
    letter.run(id);
  }
  transaction.commit();
}

}  // namespace godwit::sqlite
