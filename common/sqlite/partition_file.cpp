#include "common/sqlite/partition_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "common/sqlite/file_meta.h"

namespace godwit::sqlite {
namespace {

constexpr int probe_bytes = 65'536;  // of room there must be to go on

}  // namespace

Result<std::unique_ptr<PartitionFileBase::Opened>> PartitionFileBase::open_file(FilePlace place,
                                                                                const FileIdentity& identity,
                                                                                const std::string& schema,
                                                                                bool rebuilding) {
  try {
    Database db = Database::open_or_throw(place.path, OpenMode::read_write);
    if (auto claimed = claim(db, identity, schema, rebuilding); !claimed) return claimed.error();
    std::optional<Database> serving;
    if (!place.serving_path.empty())
      serving = Database::open_or_throw(place.serving_path, OpenMode::read_only);
    return std::unique_ptr<Opened>{
        new Opened{std::move(place), std::move(db), std::move(serving)}};  // NOLINT: an aggregate
  } catch (const StoreFailure& failure) {
    return failure.corrupt() ? fatal_error(failure.what()) : transient_error(failure.what());
  }
}

PartitionFileBase::PartitionFileBase(std::unique_ptr<Opened> opened, FileIdentity identity)
    : opened_(std::move(opened)), identity_(std::move(identity)) {
  auto rows = db().prepare("SELECT topic, partition, next_offset, fingerprint FROM position");
  while (rows.step()) {
    const stream::TopicPartition at{std::string{rows.text(0)},
                                    stream::Partition{static_cast<std::int32_t>(rows.integer(1))}};
    committed_[at] = {
        stream::Offset{rows.integer(2)}, static_cast<std::uint64_t>(rows.integer(3)), false, {}};
  }
}

PartitionFileBase::~PartitionFileBase() {
  if (readers_ != nullptr) readers_->remove(opened_->place.name, ticket_);
}

Status PartitionFileBase::publish(Readers& readers) {
  auto ticket = readers.add(opened_->place.name, opened_->place.path);
  if (!ticket) return ticket.error();
  readers_ = &readers;
  ticket_ = *ticket;
  return Done{};
}

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

projection::Knowledge PartitionFileBase::knowledge_of(const stream::Record& record) const {
  using projection::Knowledge;
  if (!opened_->serving) return Knowledge::known;
  Database& serving = *opened_->serving;
  auto place =
      serving.prepare("SELECT 1 FROM dead_letter_place WHERE topic = ? AND partition = ? AND log_offset = ?");
  if (place.bind(record.topic, record.partition.value(), record.offset.value()).step())
    return Knowledge::known;
  auto folded = serving.prepare("SELECT next_offset FROM position WHERE topic = ? AND partition = ?");
  const bool came_there =
      folded.bind(record.topic, record.partition.value()).step() && folded.integer(0) > record.offset.value();
  return came_there ? Knowledge::unknown : Knowledge::not_yet;
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
  cursor->changed = true;
  cursor->last.timestamp = record.timestamp;
  cursor->last.key.assign(record.key.value_or(""));
  cursor->last.value.assign(record.value.value_or(""));
}

void PartitionFileBase::commit_transaction() {
  auto write = db().prepare("INSERT OR REPLACE INTO position VALUES (?, ?, ?, ?)");
  for (auto& [at, cursor] : staged_) {
    if (!cursor.changed) continue;
    cursor.changed = false;
    cursor.fingerprint = stream::fingerprint({.topic = at.topic,
                                              .partition = at.partition,
                                              .offset = {},
                                              .timestamp = cursor.last.timestamp,
                                              .key = cursor.last.key,
                                              .value = cursor.last.value,
                                              .headers = {}});
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

// A transaction that writes nothing succeeds on a read-only file and on a full disk, and so does one that
// fits into what the file has spare: the next batch would fail again.
void PartitionFileBase::probe() {
  try {
    for (const std::string& value : {fmt::format("zeroblob({})", probe_bytes), std::string{"'1'"}}) {
      Transaction transaction{db()};
      db().exec(fmt::format("INSERT OR REPLACE INTO meta VALUES ('probed', {})", value));
      transaction.commit();
    }
  } catch (const StoreFailure& failure) {
    read_only_ = failure.read_only();
    throw;
  }
}

// SQLite opens a file it may not write for reading, and stays with that. What its connections share in a
// process does so too until the last of them, a view's, is closed.
bool PartitionFileBase::wants_reopening() const {
  return read_only_ && faccessat(AT_FDCWD, opened_->place.path.c_str(), W_OK, AT_EACCESS) == 0;
}

std::string PartitionFileBase::log_position() const {
  std::string out;
  for (const auto& [at, cursor] : staged_)
    out += fmt::format("{}{}", out.empty() ? fmt::format("{}:", at.partition.value()) : ",",
                       cursor.next.value());
  return out;
}

void PartitionFileBase::dead_letter(const stream::Record& record, const event::Refusal& refusal) {
  db().prepare("INSERT OR IGNORE INTO dead_letter_place VALUES (?, ?, ?)")
      .run(record.topic, record.partition.value(), record.offset.value());
  if (readers_ == nullptr) return;  // a rebuild: it was published by the file that serves
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
