// PartitionFile: the PartitionStore on disk. One SQLite file holds a partition's rows, its positions in every
// topic it folds, and its unpublished dead letters, and one transaction moves them all. The file is locked
// against a second process.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/projection/dead_letter.h"
#include "common/projection/projection.h"
#include "common/projection/store.h"
#include "common/sqlite/database.h"
#include "common/sqlite/partition_directory.h"
#include "common/sqlite/readers.h"

namespace godwit::sqlite {

// Everything that does not depend on the projection.
class PartitionFileBase : public projection::PartitionStore {
 public:
  ~PartitionFileBase() override;

  std::vector<stream::Position> positions() const override;
  bool contradicts(const stream::Record& record) const override;
  projection::Knowledge knowledge_of(const stream::Record& record) const override;
  void begin() override;
  std::optional<stream::Offset> position(const stream::Record& record) const override;
  void dead_letter(const stream::Record& record, const event::Refusal& refusal) override;
  void advance(const stream::Record& record) override;
  void rollback() override;
  void probe() override;
  bool wants_reopening() const override;
  std::vector<projection::DeadLetter> unpublished(std::size_t letters_max) override;
  void mark_published(const std::vector<std::int64_t>& ids) override;

 protected:
  struct Opened {
    FilePlace place;
    Database db;
    std::optional<Database> serving;  // of a next generation: the file that serves meanwhile
  };
  // Opens or creates the file and makes it ours, or says why not and what to do.
  static Result<std::unique_ptr<Opened>> open_file(FilePlace place, const FileIdentity& identity,
                                                   const std::string& schema, bool rebuilding);
  PartitionFileBase(std::unique_ptr<Opened> opened, FileIdentity identity);

  // From now on until the end it is read by views.
  Status publish(Readers& readers);
  Database& db();
  // Writes the positions and commits. When it throws, rollback() is still owed.
  void commit_transaction();
  // The staged positions as text, e.g. "7:1042,88": where in the log a state is from.
  std::string log_position() const;

 private:
  // What a fingerprint is taken of. Only the last record of a transaction needs one, so each is copied, which
  // costs less, and the last one read at the commit.
  struct Last {
    Timestamp timestamp;
    std::string key, value;
  };
  struct Cursor {
    stream::Offset next;
    std::uint64_t fingerprint = 0;  // of the record before `next`, as of the last commit
    bool changed = false;           // within the open transaction: `last` is set
    Last last = {};
  };
  // The staged cursor of the record's topic partition; nullptr before its first record. Records come in runs
  // of one partition, so the last answer is usually the next one.
  void stage();
  Cursor* staged(const stream::Record& record) const;

  std::unique_ptr<Opened> opened_;
  FileIdentity identity_;
  Readers* readers_ = nullptr;  // null for one that is not served
  Readers::Ticket ticket_ = 0;
  std::map<stream::TopicPartition, Cursor> committed_;
  mutable std::map<stream::TopicPartition, Cursor> staged_;
  mutable std::map<stream::TopicPartition, Cursor>::iterator recent_ = staged_.end();
  std::optional<Transaction> transaction_;
  bool read_only_ = false;  // at the last probe
};

// `Tables` maps a projection's values to rows:
//   static std::string schema();                              CREATE TABLE IF NOT EXISTS ...
//   explicit Tables(Database&);  or  Tables(Database&, const P&);  prepares its statements
//   State load(const std::string& key);                       the state of a key never seen is State{}
//   void save(const std::string& key, const State&, const std::string& log_position);
//   void apply(Outputs&);                                     called once per step, in order
//   void keep(const Record&, const Event&);                   optional: every record, as it came
//   void keep(const Record&, const event::Refusal&);          (both or none)
//   void flush();  void discard();                            optional: write what apply() gathered; forget
//                                                             it after a rollback
//   bool has_chores();                                        optional, see PartitionStore
//   static constexpr int layout;                              optional, 1: another one when this code cannot
//                                                             read the rows that the version before wrote
//   static void carry_over(Database&);                        optional, see PartitionDirectory::swap()
template <projection::Projection P, class Tables>
class PartitionFile final : public PartitionFileBase {
 public:
  static constexpr std::size_t cached_states_max = 2'000;

  // A serving file is entered into `readers`; null: a next generation, which nobody sees and whose dead
  // letters are not published.
  static Result<std::unique_ptr<projection::PartitionStore>> open(const FilePlace& place,
                                                                  const FileIdentity& identity,
                                                                  Readers* readers, P projection) {
    auto opened = open_file(place, identity, Tables::schema(), readers == nullptr);
    if (!opened) return opened.error();
    try {
      std::unique_ptr<PartitionFile> file;  // NOLINTNEXTLINE: private constructor
      file.reset(new PartitionFile(std::move(*opened), identity, std::move(projection)));
      if (readers != nullptr)
        if (auto published = file->publish(*readers); !published) return published.error();
      return std::unique_ptr<projection::PartitionStore>{std::move(file)};
    } catch (const StoreFailure& failure) {
      return failure.corrupt() ? fatal_error(failure.what()) : transient_error(failure.what());
    }
  }

  void fold(const stream::Record& record, const event::Event& event) override {
    if constexpr (requires { tables_.keep(record, event); }) tables_.keep(record, event);
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
    if constexpr (requires { tables_.keep(record, refusal); }) tables_.keep(record, refusal);
  }

  bool has_chores() override {
    if constexpr (requires { tables_.has_chores(); }) return tables_.has_chores();
    return false;
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

  PartitionFile(std::unique_ptr<Opened> opened, FileIdentity identity, P projection)
      : PartitionFileBase(std::move(opened), std::move(identity)),
        projection_(std::move(projection)),
        tables_(make_tables(db(), projection_)) {}

  static Tables make_tables(Database& db, const P& projection) {
    if constexpr (std::is_constructible_v<Tables, Database&, const P&>) {
      return Tables{db, projection};
    } else {
      return Tables{db};
    }
  }

  P projection_;
  Tables tables_;
  std::unordered_map<std::string, Cached> states_;
  projection::Touched touched_;
};

}  // namespace godwit::sqlite
