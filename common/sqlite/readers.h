// Readers: the open partition files of this process, for HTTP views. Each has a read-only connection of its
// own, so that reading never waits for the writer nor holds it up. Safe from every thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "common/sqlite/database.h"
#include "common/sqlite/immutable_files.h"

namespace godwit::sqlite {

class Readers {
 public:
  Readers() = default;
  // The same connections, but only of these files: those that are open now.
  Readers(const Readers& all, const std::set<std::string>& names);

  // Called by the store when it opens and closes its file. A file of the same name takes the place of the one
  // before at once, so that there is no moment without; taking out a ticket that was replaced does nothing.
  using Ticket = std::uint64_t;
  Result<Ticket> add(const std::string& name, const std::string& path);
  void remove(const std::string& name, Ticket ticket);

  std::vector<std::string> names() const;
  // Of the open file of that name, which a rebuild replaces by another one; empty when there is none.
  std::string path(const std::string& name) const;

  // Files beside these that are written no more; shared with copies.
  ImmutableFiles& immutable() const { return *immutable_; }

  // Calls visit(name, database) for each open file, one after the other, inside one read transaction each, so
  // that a visit sees one committed state. Stops early when `visit` returns false. StoreFailure passes
  // through.
  template <class Visit>
  void for_each(Visit visit) const {
    for (const auto& [name, reader] : snapshot()) {
      const std::lock_guard lock{reader->mutex};
      const ReadScope scope{reader->db};
      if (!visit(name, reader->db)) return;
    }
  }

 private:
  struct Reader {
    Reader(Database database, Ticket number) : db(std::move(database)), ticket(number) {}
    std::mutex mutex;
    Database db;
    const Ticket ticket;
  };
  class ReadScope {
   public:
    explicit ReadScope(Database& db) : db_(db) { db_.exec("BEGIN"); }
    ~ReadScope();
    ReadScope(const ReadScope&) = delete;
    ReadScope& operator=(const ReadScope&) = delete;

   private:
    Database& db_;
  };
  std::map<std::string, std::shared_ptr<Reader>> snapshot() const;

  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Reader>> readers_;
  Ticket last_ = 0;
  std::shared_ptr<ImmutableFiles> immutable_ = std::make_shared<ImmutableFiles>();
};

}  // namespace godwit::sqlite
