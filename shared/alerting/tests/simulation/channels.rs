//! Channels whose other side answers as badly as Slack can.

use std::rc::Rc;

use alerting::{Channel, ChannelId, Delivery, IncidentId, Remedy, SendError, Sent};

use crate::world::World;

pub(crate) struct Scripted {
    pub(crate) id: ChannelId,
    pub(crate) world: Rc<World>,
}

impl Channel for Scripted {
    fn id(&self) -> &ChannelId {
        &self.id
    }

    async fn send(&self, delivery: Delivery<'_>) -> Result<Sent, SendError> {
        let world = &self.world;
        world.pause().await;
        if world.is_bad() && world.chance(world.faults.refused) {
            return Err(self.refusal(delivery.incident));
        }
        world.receive(&self.id, delivery.incident, delivery.seq, delivery.content);
        world.pause().await;
        if world.is_bad() && world.chance(world.faults.send_ambiguous) {
            return Err(SendError::new("no answer"));
        }
        Ok(Sent::default())
    }
}

impl Scripted {
    fn refusal(&self, incident: &IncidentId) -> SendError {
        let rng = &mut *self.world.rng.borrow_mut();
        match rng.u8(..40) {
            0 => {
                self.world.note_given_up(&self.id, incident);
                SendError::with("answered 400, to plain text too", Remedy::GiveUp)
            }
            1..10 => SendError::with("answered 429", Remedy::Wait(rng.i64(1..90) * 1_000)),
            10..20 => SendError::with("answered 404", Remedy::Park),
            _ => SendError::new("answered 500"),
        }
    }
}
