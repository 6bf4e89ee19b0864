//! Channels whose other side answers as badly as Slack can.

use std::rc::Rc;

use alerting::{Channel, ChannelId, ChannelKind, Delivery, IncidentId, Remedy, SendError, Sent};

use crate::faults::Down;
use crate::traffic::MINUTE_MS;
use crate::world::{Shown, World};

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
            self.hit_for_a_minute();
            return Err(self.refusal(delivery.incident));
        }
        let down = world.is_down(Down::Channels)
            || (world.is_down(Down::Slack) && self.id.kind.in_rules() == ChannelKind::Slack);
        if down {
            self.hit_for_a_minute();
            return Err(SendError::new("answered 503"));
        }
        let message_ref = self.place(&delivery);
        let edits = message_ref.is_some() && message_ref.as_deref() == delivery.message_ref;
        let Delivery { incident, seq, content, names_members, .. } = delivery;
        world.receive(&self.id, incident, seq, content, Shown { edits, names_members });
        world.pause().await;
        if world.is_bad() && world.chance(world.faults.send_ambiguous) {
            self.hit_for_a_minute();
            return Err(SendError::new("no answer").that_may_have_arrived());
        }
        Ok(Sent { message_ref })
    }
}

impl Scripted {
    fn hit_for_a_minute(&self) {
        let until = self.world.now().plus_millis(MINUTE_MS);
        self.world.hit(until, Some(&self.id));
    }

    /// Where a bot's message is: the one that it edits, if nobody has deleted that, or a new one.
    fn place(&self, delivery: &Delivery<'_>) -> Option<String> {
        if self.id.kind != ChannelKind::SlackBot {
            return None;
        }
        let mut posts = self.world.posts.borrow_mut();
        if let Some(place) = delivery.message_ref
            && self.world.chance(self.world.faults.lost_post)
        {
            posts.remove(place);
        }
        let known = delivery.message_ref.filter(|place| posts.contains(*place));
        Some(known.map_or_else(
            || {
                let place = format!("C0/{}.{}", self.world.now().as_millis(), delivery.incident);
                posts.insert(place.clone());
                place
            },
            str::to_owned,
        ))
    }

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
