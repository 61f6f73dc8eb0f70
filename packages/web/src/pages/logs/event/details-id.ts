/** Where the focus goes for whoever wants to read on about the open event by keyboard. */
export const DETAILS_ID = 'event-details';
