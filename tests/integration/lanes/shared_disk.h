// SharedDisk: the stores of all members, as on a disk that all of them mount. It counts on purpose: a record
// folded twice or never shows. It also notices a store that is opened while another member still holds it.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "common/projection/memory_store.h"

namespace godwit::lanes_testing {

struct Counting {
  static constexpr std::string_view name = "counting";
  static constexpr int version = 1;
  struct State {};
  using Outputs = std::string;  // the id of the event

  std::string key(const event::Event& event) const { return event.subject; }
  void step(State&, const event::Event& event, Outputs& out) const { out = event.id; }
};

// Safe from every thread; a store itself is for one, as always.
class SharedDisk final : public projection::StoreFactory {
 public:
  Result<std::unique_ptr<projection::PartitionStore>> open(const std::string& name,
                                                           const projection::LogIdentity& log) override;

  // Commits of this store wait until let go.
  void hold(const std::string& name);
  void let_go();
  bool is_waiting() const;  // a commit of a held store is under way
  // Commits of this store fail until mended.
  void break_store(const std::string& name);
  void mend();

  // Every event committed, in no order: in a healthy world each once.
  std::multiset<std::string> folded() const;
  std::size_t folded_into(const std::string& name) const;
  std::set<std::string> open_stores() const;
  // Stores that were opened while they were open.
  std::set<std::string> opened_twice() const;

 private:
  class Store;
  using Disk = projection::MemoryDisk<Counting>;

  void before_commit(const std::string& name);
  void committed(const std::string& name, const Disk& disk);
  void closed(const std::string& name);

  mutable std::mutex mutex_;
  std::condition_variable let_go_;
  std::map<std::string, std::unique_ptr<Disk>> disks_;
  std::map<std::string, std::vector<std::string>> folded_;
  std::multiset<std::string> open_;
  std::set<std::string> opened_twice_;
  std::string held_, broken_;
  bool waiting_ = false;
};

}  // namespace godwit::lanes_testing
