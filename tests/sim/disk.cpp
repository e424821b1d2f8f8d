#include "tests/sim/disk.h"

namespace godwit::sim {

projection::Touched FragileStore::commit() {
  struct Scope {
    explicit Scope(Fate& fate) { committing = &fate; }
    ~Scope() { committing = nullptr; }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
  };
  pass(Point::before_commit);
  projection::Touched touched;
  {
    const Scope scope{fate_};
    touched = inner_->commit();
  }
  fate_.pass(Point::after_commit);
  return touched;
}

}  // namespace godwit::sim
