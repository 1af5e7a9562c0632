/** The entities that TypeORM knows. */
import { banEntity } from './ban';
import { deliveryEntity } from './delivery';
import { eventEntity } from './event';
import { formEntity } from './form';
import { keyEntity } from './key';
import { membershipEntity } from './membership';
import { noticeEntity } from './notice';
import { operationEntity } from './operation';
import { queueEntity } from './queue';
import { requestEntity } from './request';
import { targetListEntity } from './target-list';
import { templateEntity } from './template';
import { userEntity } from './user';
import { viewEntity } from './view';
import { wikiEntity } from './wiki';

export const entities = [
  userEntity, wikiEntity, membershipEntity, keyEntity, targetListEntity, deliveryEntity, eventEntity, requestEntity, queueEntity, formEntity, banEntity, templateEntity, operationEntity, noticeEntity, viewEntity,
];
