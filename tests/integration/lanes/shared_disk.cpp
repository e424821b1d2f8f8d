#include "tests/integration/lanes/shared_disk.h"

namespace godwit::lanes_testing {

class SharedDisk::Store final : public projection::PartitionStore {
 public:
  Store(SharedDisk& owner, Disk& disk, const std::string& name)
      : owner_(owner), disk_(disk), name_(name), inner_(disk, name) {}
  ~Store() override { owner_.closed(name_); }
  std::vector<stream::Position> positions() const override { return inner_.positions(); }
  bool contradicts(const stream::Record& record) const override { return inner_.contradicts(record); }
  void begin() override { inner_.begin(); }
  std::optional<stream::Offset> position(const stream::Record& record) const override {
    return inner_.position(record);
  }
  void fold(const stream::Record& record, const event::Event& event) override { inner_.fold(record, event); }
  void dead_letter(const stream::Record& record, const event::Refusal& refusal) override {
    inner_.dead_letter(record, refusal);
  }
  void advance(const stream::Record& record) override { inner_.advance(record); }
  projection::Touched commit() override {
    owner_.before_commit(name_);
    auto touched = inner_.commit();
    owner_.committed(name_, disk_);
    return touched;
  }
  void rollback() override { inner_.rollback(); }
  std::vector<projection::DeadLetter> unpublished(std::size_t letters_max) override {
    return inner_.unpublished(letters_max);
  }
  void mark_published(const std::vector<std::int64_t>& ids) override { inner_.mark_published(ids); }

 private:
  SharedDisk& owner_;
  Disk& disk_;
  std::string name_;
  projection::MemoryStore<Counting> inner_;
};

Result<std::unique_ptr<projection::PartitionStore>> SharedDisk::open(const std::string& name,
                                                                     const projection::LogIdentity&) {
  const std::lock_guard lock{mutex_};
  if (open_.contains(name)) opened_twice_.insert(name);
  open_.insert(name);
  auto& disk = disks_[name];
  if (!disk) disk = std::make_unique<Disk>();
  return std::unique_ptr<projection::PartitionStore>{std::make_unique<Store>(*this, *disk, name)};
}

void SharedDisk::hold(const std::string& name) {
  const std::lock_guard lock{mutex_};
  held_ = name;
}

void SharedDisk::let_go() {
  {
    const std::lock_guard lock{mutex_};
    held_.clear();
  }
  let_go_.notify_all();
}

bool SharedDisk::is_waiting() const {
  const std::lock_guard lock{mutex_};
  return waiting_;
}

void SharedDisk::break_store(const std::string& name) {
  const std::lock_guard lock{mutex_};
  broken_ = name;
}

void SharedDisk::mend() { break_store(""); }

void SharedDisk::before_commit(const std::string& name) {
  std::unique_lock lock{mutex_};
  if (name == broken_) throw projection::StoreUnavailable{name + ": the disk is full"};
  if (name != held_) return;
  waiting_ = true;
  let_go_.wait(lock, [&] { return name != held_; });
  waiting_ = false;
}

void SharedDisk::committed(const std::string& name, const Disk& disk) {
  const std::lock_guard lock{mutex_};
  folded_[name] = disk.images.at(name).outputs;
}

void SharedDisk::closed(const std::string& name) {
  const std::lock_guard lock{mutex_};
  open_.erase(open_.find(name));
}

std::multiset<std::string> SharedDisk::folded() const {
  const std::lock_guard lock{mutex_};
  std::multiset<std::string> out;
  for (const auto& [name, ids] : folded_) out.insert(ids.begin(), ids.end());
  return out;
}

std::size_t SharedDisk::folded_into(const std::string& name) const {
  const std::lock_guard lock{mutex_};
  const auto found = folded_.find(name);
  return found == folded_.end() ? 0 : found->second.size();
}

std::set<std::string> SharedDisk::open_stores() const {
  const std::lock_guard lock{mutex_};
  return {open_.begin(), open_.end()};
}

std::set<std::string> SharedDisk::opened_twice() const {
  const std::lock_guard lock{mutex_};
  return opened_twice_;
}

}  // namespace godwit::lanes_testing
