// Mirror: the port through which a warm migration copies disks that are being written to. StorageDaemon
// (storage_daemon.h) is the real one.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "producers/worker/attempt.h"
#include "producers/worker/disk.h"

namespace godwit::worker {

// Not thread-safe. Disks are named by their index. A stop gives Cancelled.
class Mirror {
 public:
  using OnBytes = std::function<void(std::int64_t bytes_done, std::int64_t bytes_total)>;

  virtual ~Mirror() = default;

  // Opens sources and (existing, empty) images. From now on each source is written to through its address
  // alone, which is given back in the disks' order.
  virtual Staged<std::vector<std::string>> open(const std::vector<Disk>& disks) = 0;

  // Copies the whole disk as it is at this moment, and marks from this same moment on what is written to it.
  // As copy_dirty().
  virtual Staged<std::int64_t> copy_all(std::int64_t disk, Attempt& attempt, const OnBytes& on_bytes) = 0;
  // Copies what is marked, and marks anew from this moment on. The bytes copied; obeys the attempt's Control
  // meanwhile.
  virtual Staged<std::int64_t> copy_dirty(std::int64_t disk, Attempt& attempt, const OnBytes& on_bytes) = 0;
  // The bytes marked at this moment, in whole blocks.
  virtual Staged<std::int64_t> bytes_dirty(std::int64_t disk) = 0;

  // Ends all writing to the sources, at once and for good.
  virtual Staged<Done> freeze() = 0;
  // Lets go of sources and images; what was copied is in them.
  virtual Staged<Done> close() = 0;
};

}  // namespace godwit::worker
