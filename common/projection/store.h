// The port to a projection's store: one per partition number (or per topic partition), with the promise that
// states, outputs and positions move together or not at all. The runner is the only writer.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "common/event/codec.h"
#include "common/stream/record.h"

namespace godwit::projection {

// The keys whose state a commit has changed, for waking up readers. Bounded by the batch.
using Touched = std::vector<std::string>;

// Thrown by any call of a store that cannot keep its promise now (disk full, I/O error, corrupt file). The
// transaction is gone; the store may be asked again later.
class StoreUnavailable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A record no consumer can read, kept until it is published to the dead letter topic.
struct DeadLetter {
  std::int64_t id = 0;
  stream::OutRecord record;
};

// Used by one thread. Between begin() and commit() or rollback() everything belongs to one transaction.
class PartitionStore {
 public:
  virtual ~PartitionStore() = default;

  // Committed positions; a topic never folded has none.
  virtual std::vector<stream::Position> positions() const = 0;
  // True when `record` lies where the last folded record of its topic partition lay, but is another one: then
  // this is not the log the store was folded from (a re-created or truncated topic). A store that keeps no
  // fingerprints cannot tell.
  virtual bool contradicts(const stream::Record&) const { return false; }

  virtual void begin() = 0;
  // The next offset to fold within the open transaction; nullopt before the first record.
  virtual std::optional<stream::Offset> position(const stream::Record& record) const = 0;
  virtual void fold(const stream::Record& record, const event::Event& event) = 0;
  virtual void dead_letter(const stream::Record& record, const event::Refusal& refusal) = 0;
  virtual void advance(const stream::Record& record) = 0;
  virtual Touched commit() = 0;
  virtual void rollback() = 0;

  // Dead letters committed but not yet known to be published, oldest first.
  virtual std::vector<DeadLetter> unpublished(std::size_t letters_max) = 0;
  virtual void mark_published(const std::vector<std::int64_t>& ids) = 0;
};

// Opens stores. `name` is "p-0007", or "migrations.lifecycle-0007" for a projection that folds each topic by
// itself. Asked by several runners at once, each for stores of its own.
class StoreFactory {
 public:
  virtual ~StoreFactory() = default;
  // Fatal, with the way out, when the file belongs to another cluster or projection.
  virtual Result<std::unique_ptr<PartitionStore>> open(const std::string& name,
                                                       const std::string& cluster_id) = 0;
};

}  // namespace godwit::projection
