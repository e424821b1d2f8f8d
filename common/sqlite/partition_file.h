// PartitionFile: the PartitionStore on disk. One SQLite file holds a partition's rows, its positions in every
// topic it folds, and its unpublished dead letters, and one transaction moves them all. The file is locked
// against a second process.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/projection/dead_letter.h"
#include "common/projection/projection.h"
#include "common/projection/store.h"
#include "common/sqlite/database.h"
#include "common/sqlite/file_lock.h"
#include "common/sqlite/readers.h"

namespace godwit::sqlite {

// Whose file it is; written into it once and compared on every open.
struct FileIdentity {
  std::string projection;
  int version = 1;
  std::string cluster_id;
};

// Everything that does not depend on the projection.
class PartitionFileBase : public projection::PartitionStore {
 public:
  ~PartitionFileBase() override;

  std::vector<stream::Position> positions() const override;
  bool contradicts(const stream::Record& record) const override;
  void begin() override;
  std::optional<stream::Offset> position(const stream::Record& record) const override;
  void dead_letter(const stream::Record& record, const event::Refusal& refusal) override;
  void advance(const stream::Record& record) override;
  void rollback() override;
  std::vector<projection::DeadLetter> unpublished(std::size_t letters_max) override;
  void mark_published(const std::vector<std::int64_t>& ids) override;

 protected:
  struct Opened {
    std::string name;
    std::unique_ptr<FileLock> lock;
    Database db;
  };
  // Opens or creates `<directory>/<name>.db` and makes it ours, or says why not and what to do.
  static Result<std::unique_ptr<Opened>> open_file(const std::string& directory, const std::string& name,
                                                   const FileIdentity& identity);
  PartitionFileBase(std::unique_ptr<Opened> opened, Readers& readers, FileIdentity identity);

  Database& db();
  // Writes the positions and commits. When it throws, rollback() is still owed.
  void commit_transaction();
  // The staged positions as text, e.g. "7:1042,88": where in the log a state is from.
  std::string log_position() const;

 private:
  struct Cursor {
    stream::Offset next;
    std::uint64_t fingerprint = 0;  // of the record before `next`
    bool changed = false;           // within the open transaction
  };
  // The staged cursor of the record's topic partition; nullptr before its first record. Records come in runs
  // of one partition, so the last answer is usually the next one.
  void stage();
  Cursor* staged(const stream::Record& record) const;

  std::unique_ptr<Opened> opened_;
  Readers& readers_;
  FileIdentity identity_;
  std::map<stream::TopicPartition, Cursor> committed_;
  mutable std::map<stream::TopicPartition, Cursor> staged_;
  mutable std::map<stream::TopicPartition, Cursor>::iterator recent_ = staged_.end();
  std::optional<Transaction> transaction_;
};

// `Tables` maps a projection's values to rows:
//   static std::string schema();                              CREATE TABLE IF NOT EXISTS ...
//   explicit Tables(Database&);                               prepares its statements
//   State load(const std::string& key);                       the state of a key never seen is State{}
//   void save(const std::string& key, const State&, const std::string& log_position);
//   void apply(Outputs&);                                     called once per step, in order
//   void keep(const Record&, const event::Decoded&);          optional: every record, as it came
//   void flush();  void discard();                            optional: write what apply() gathered; forget
//   it after a rollback
template <projection::Projection P, class Tables>
class PartitionFile final : public PartitionFileBase {
 public:
  static constexpr std::size_t cached_states_max = 2'000;

  static Result<std::unique_ptr<projection::PartitionStore>> open(const std::string& directory,
                                                                  const std::string& name,
                                                                  const FileIdentity& identity,
                                                                  Readers& readers, P projection) {
    auto opened = open_file(directory, name, identity);
    if (!opened) return opened.error();
    try {
      std::unique_ptr<PartitionFile> file;  // NOLINTNEXTLINE: private constructor
      file.reset(new PartitionFile(std::move(*opened), readers, identity, std::move(projection)));
      if (auto added = readers.add(name, file->db().path()); !added) return added.error();
      return std::unique_ptr<projection::PartitionStore>{std::move(file)};
    } catch (const StoreFailure& failure) {
      return fatal_error(failure.what());
    }
  }

  void fold(const stream::Record& record, const event::Event& event) override {
    if constexpr (requires { tables_.keep(record, event::Decoded{event}); }) tables_.keep(record, event);
    const std::string key = projection_.key(event);
    if (key.empty()) return;
    auto found = states_.find(key);
    if (found == states_.end()) found = states_.emplace(key, Cached{tables_.load(key)}).first;
    if (!found->second.dirty) {
      found->second.dirty = true;
      touched_.push_back(key);
    }
    typename P::Outputs out{};
    projection_.step(found->second.state, event, out);
    tables_.apply(out);
  }

  void dead_letter(const stream::Record& record, const event::Refusal& refusal) override {
    PartitionFileBase::dead_letter(record, refusal);
    if constexpr (requires { tables_.keep(record, event::Decoded{refusal}); }) tables_.keep(record, refusal);
  }

  projection::Touched commit() override {
    const std::string log_position = this->log_position();
    for (const std::string& key : touched_) {
      Cached& cached = states_.at(key);
      tables_.save(key, cached.state, log_position);
      cached.dirty = false;
    }
    if constexpr (requires { tables_.flush(); }) tables_.flush();
    commit_transaction();
    if (states_.size() > cached_states_max) states_.clear();
    return std::exchange(touched_, {});
  }

  void rollback() override {
    PartitionFileBase::rollback();
    states_.clear();
    touched_.clear();
    if constexpr (requires { tables_.discard(); }) tables_.discard();
  }

 private:
  struct Cached {
    typename P::State state;
    bool dirty = false;
  };

  PartitionFile(std::unique_ptr<Opened> opened, Readers& readers, FileIdentity identity, P projection)
      : PartitionFileBase(std::move(opened), readers, std::move(identity)),
        projection_(std::move(projection)),
        tables_(with_schema(db())) {}

  static Database& with_schema(Database& db) {
    db.exec(Tables::schema());
    return db;
  }

  P projection_;
  Tables tables_;
  std::unordered_map<std::string, Cached> states_;
  projection::Touched touched_;
};

// Opens partition files under `<data>/<projection>/v<version>/`.
template <projection::Projection P, class Tables>
class PartitionFiles final : public projection::StoreFactory {
 public:
  PartitionFiles(std::string data_directory, Readers& readers, P projection = {})
      : data_(std::move(data_directory)), readers_(readers), projection_(std::move(projection)) {}

  std::string directory() const {
    return data_ + "/" + std::string{P::name} + "/v" + std::to_string(P::version);
  }

  Result<std::unique_ptr<projection::PartitionStore>> open(const std::string& name,
                                                           const std::string& cluster_id) override {
    return PartitionFile<P, Tables>::open(directory(), name, {std::string{P::name}, P::version, cluster_id},
                                          readers_, projection_);
  }

 private:
  std::string data_;
  Readers& readers_;
  P projection_;
};

}  // namespace godwit::sqlite
