#include "consumers/webhooks/endpoint_book.h"

#include "common/projection/store.h"

namespace godwit::webhooks {

std::shared_ptr<const Endpoints> EndpointBook::now() const {
  const std::lock_guard lock{mutex_};
  return endpoints_;
}

std::shared_ptr<const Endpoints> EndpointBook::for_fold() const {
  const std::lock_guard lock{mutex_};
  if (!is_read_) throw projection::StoreUnavailable{"the endpoints in godwit.config have not been read yet"};
  return endpoints_;
}

bool EndpointBook::is_read() const {
  const std::lock_guard lock{mutex_};
  return is_read_;
}

void EndpointBook::set(Endpoints endpoints) {
  auto shared = std::make_shared<const Endpoints>(std::move(endpoints));
  const std::lock_guard lock{mutex_};
  endpoints_ = std::move(shared);
  is_read_ = true;
}

}  // namespace godwit::webhooks
