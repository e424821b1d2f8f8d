// Subject: a projection under simulation: what it folds, where its stores lie, and what they ought to hold.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/projection/runner.h"
#include "common/stream/record.h"
#include "tests/sim/disk.h"
#include "tests/sim/planted.h"

namespace godwit::sim {

enum class Backing { memory, files };

// The reference: records folded one after the other with a plain loop, no runner, no store, no transaction.
// Any interleaving of topics gives the same rows, so the order of `records` matters within a topic only.
class Subject {
 public:
  virtual ~Subject() = default;

  virtual std::string name() const = 0;
  virtual const std::vector<std::string>& topics() const = 0;
  virtual projection::StoreKey store_key() const = 0;
  virtual std::unique_ptr<Disk> make_disk(Backing backing, Bug bug, const std::string& directory) const = 0;
  virtual std::vector<std::string> reference(Backing backing,
                                             const std::vector<stream::Record>& records) const = 0;
};

// progress, metrics, dashboard, webhooks and audit.
std::vector<std::unique_ptr<Subject>> all_subjects();

}  // namespace godwit::sim
