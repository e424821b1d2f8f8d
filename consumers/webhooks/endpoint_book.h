// EndpointBook: the endpoints as they are now, for all who need them. The fold, the dispatcher and the views
// read it; whoever hears of a change writes it.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "consumers/webhooks/endpoint.h"

namespace godwit::webhooks {

// Safe from every thread. What now() gives never changes and may be kept.
class EndpointBook {
 public:
  EndpointBook() = default;
  explicit EndpointBook(Endpoints endpoints) { set(std::move(endpoints)); }

  std::shared_ptr<const Endpoints> now() const {
    const std::lock_guard lock{mutex_};
    return endpoints_;
  }
  void set(Endpoints endpoints) {
    auto shared = std::make_shared<const Endpoints>(std::move(endpoints));
    const std::lock_guard lock{mutex_};
    endpoints_ = std::move(shared);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Endpoints> endpoints_ = std::make_shared<const Endpoints>();
};

}  // namespace godwit::webhooks
