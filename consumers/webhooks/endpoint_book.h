// EndpointBook: the endpoints as they are now, for all who need them. The fold, the dispatcher and the views
// read it; whoever hears of a change writes it.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "consumers/webhooks/endpoint.h"

namespace godwit::webhooks {

// Safe from every thread. What it gives never changes and may be kept.
class EndpointBook {
 public:
  struct NotRead {};

  EndpointBook() = default;
  explicit EndpointBook(Endpoints endpoints) { set(std::move(endpoints)); }
  // They have yet to be read: until set() there are none, and nothing can be folded.
  explicit EndpointBook(NotRead) : is_read_(false) {}

  std::shared_ptr<const Endpoints> now() const;
  // The same for the fold, which must not take what is unknown for nothing: throws StoreUnavailable, so that
  // the partition waits.
  std::shared_ptr<const Endpoints> for_fold() const;
  bool is_read() const;
  void set(Endpoints endpoints);

 private:
  mutable std::mutex mutex_;
  bool is_read_ = true;
  std::shared_ptr<const Endpoints> endpoints_ = std::make_shared<const Endpoints>();
};

}  // namespace godwit::webhooks
