#include "common/projection/store.h"

namespace godwit::projection {

StoreFactory::Opened StoreFactory::open_next(const std::string& name, const LogIdentity&) {
  return fatal_error(name + " is kept in a store that has no generations");
}

bool StoreFactory::has_next(const std::string&) const { return false; }

StoreFactory::Opened StoreFactory::adopt(const std::string& name, const LogIdentity&) {
  return fatal_error(name + " is kept in a store that has no generations");
}

}  // namespace godwit::projection
